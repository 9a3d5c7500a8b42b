"""How log records are written: one JSON object a line in production, coloured text for a person at a terminal."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

from credentials import redaction

QUIET = {
    # Lines for each task, each tick of beat, each refused request: these are counted, not logged.
    "celery.worker.strategy": "WARNING",
    "celery.app.trace": "WARNING",
    "celery.beat": "WARNING",
    "celery.redirected": "WARNING",
    # A stopped node makes the chord of its run fail, as it should: the run is concluded from its rows.
    "celery.backends.redis": "CRITICAL",
    "django.request": "ERROR",
    "django.security.DisallowedHost": "CRITICAL",
    "uvicorn.error": "WARNING",
    # They write addresses, in which there may be keys.
    "httpx": "WARNING",
    "openai": "WARNING",
    "kombu": "WARNING",
    "asyncio": "WARNING",
}


def configuration(*, level: str, as_json: bool) -> dict[str, Any]:
    """The argument of logging.config.dictConfig."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "config.logs.Line", "as_json": as_json}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {name: {"level": level} for name, level in QUIET.items()},
    }


def level(text: str) -> str:
    if text.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
        raise ValueError("use DEBUG, INFO, WARNING, ERROR or CRITICAL")
    return text.upper()


LONGEST = 1000


def say_whom_it_is_about(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The run that is worked on; what the line itself says is stronger."""
    from executions import logfields

    for field, value in logfields.current().items():
        event.setdefault(field, value)
    return event


def shorten(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A long message loses its middle: it may quote values, and nobody reads them here."""
    text = str(event["event"])
    if (more := len(text) - LONGEST) > 0:
        half = LONGEST // 2
        event["event"] = f"{text[:half]} … {more} characters … {text[-half:]}"
    return event


class Line(logging.Formatter):
    """structlog's formatter, made at the first record: a command that logs nothing does not pay for importing it."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self.as_json = as_json
        self._made: logging.Formatter | None = None

    def format(self, record: logging.LogRecord) -> str:
        if self._made is None:
            self._made = self._make()
        return redaction.redact(self._made.format(record))

    def _make(self) -> logging.Formatter:
        import structlog

        seen: list[Any] = [
            shorten,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            say_whom_it_is_about,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ]
        if self.as_json:
            # Local variables are left out: they hold keys and people's data.
            trace = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            shown: list[Any] = [structlog.processors.ExceptionRenderer(trace), structlog.processors.JSONRenderer()]
        else:
            plain = structlog.dev.plain_traceback
            shown = [
                structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain, pad_event_to=0)
            ]
        return structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=seen, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *shown]
        )
