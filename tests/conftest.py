"""How the tests are spread: more workers than cores, for most tests wait more than they work."""

import os
from pathlib import Path

import pytest

WORKERS_PER_CORE = 3
TESTS = Path(__file__).parent
SLOW_FIRST = ("faults", "crashes", "model", "end_to_end", "demo")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Answer `-n auto`; the servers, the bot and the browser are processes of their own."""
    del config
    return WORKERS_PER_CORE * (os.cpu_count() or 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what waits longest: quick tests fill the gaps, and no slow file comes last."""
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    room = item.path.relative_to(TESTS).parts[0]
    return SLOW_FIRST.index(room) if room in SLOW_FIRST else len(SLOW_FIRST)
