"""Logs: one line per event, values as fields; JSON where nobody reads along.

Written to standard error. Machine names are logged; tokens, passwords and EM session ids are not.
"""

import logging
import sys
from typing import Literal

import stamina
import structlog


def configure_logs(level: str, style: Literal["auto", "console", "json"]) -> None:
    """Set up logging for the whole process; other libraries' warnings come out alike."""
    is_json = style == "json" or (style == "auto" and not sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if is_json else structlog.dev.ConsoleRenderer()
    )
    if is_json:
        shared.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared)
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    # Skipped polls are as designed, and errors of workers are logged by bot.scheduling.
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
    for noisy in ("httpx", "httpcore", "aiosqlite", "alembic", "slack_sdk"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # What EM does not answer is told once, by polling; each retry need not be.
    stamina.instrumentation.set_on_retry_hooks([])
    # Its text for a failed answer is a whole request, tokens of response_url included.
    logging.getLogger("slack_bolt").setLevel(logging.ERROR)
