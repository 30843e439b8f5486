"""What a hundred people type at once when everything fails."""

from itertools import cycle, islice

CROWD = 100
LINES = (
    "/replica failed",
    "/replica status",
    "/replica Storm 0001",
    "/replica running",
    "/replica",
    "/replica ack Storm 0002 on it",
    "/replica 00000000-1111-2222-3333-444444444444",
    "/replica watches",
    "/replica mutes",
    "/replica summary",
)


def a_crowd() -> list[str]:
    """One line for each of them."""
    return list(islice(cycle(LINES), CROWD))
