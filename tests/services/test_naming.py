"""An answer never fails for want of a handle."""

from collections.abc import Collection

from bot.errors import DatabaseUnavailable
from bot.services.naming import Naming


class FullDisk:
    async def give(self, subjects: Collection[str]) -> dict[str, str]:
        raise DatabaseUnavailable("The disk is full.")

    async def load(self, subjects: Collection[str]) -> dict[str, str]:
        return {}

    async def find(self, handle: str) -> str | None:
        return "urn:a" if handle == "4f3a" else None


async def test_where_no_handle_can_be_kept_none_is_shown() -> None:
    naming = Naming(FullDisk())
    assert await naming.name(["urn:a"]) == {}
    assert await naming.find("4f3a") == "urn:a"
