"""Use cases: what the bot does, spoken in the core's words and through its ports."""
