"""How the tests are spread: more workers than cores, for most tests wait more than they work."""

import os

import pytest

WORKERS_PER_CORE = 2


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Answer `-n auto`; the servers, the bot and the browser are processes of their own."""
    del config
    return WORKERS_PER_CORE * (os.cpu_count() or 1)
