"""What the model test needs not wait for, and that trouble which is only logged is seen."""

from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from bot.services import delivering
from tests.model.troubles import TROUBLES


@pytest.fixture(autouse=True)
def _posts_need_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "POST_EVERY", 0)


@pytest.fixture(autouse=True)
def _only_trouble_is_logged() -> Iterator[None]:
    def keep(_logger: object, _name: str, event: Any) -> Any:
        if event.get("log_level") == "error":
            TROUBLES.append(str(event))
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[structlog.processors.add_log_level, keep])
    yield
    structlog.configure(**before)
