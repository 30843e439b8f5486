"""What the bot has logged as an error: it goes on after those, a test does not."""

TROUBLES: list[str] = []
