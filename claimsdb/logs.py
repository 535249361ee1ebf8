"""Logs: one line of JSON per request, and one per other message, with the id of the request that it belongs to.

Bodies, headers and the values of query parameters are not logged: they may contain secrets or personal data.
"""

import logging
import threading
import time
from functools import lru_cache
from typing import Any

import orjson

REQUESTS = "claimsdb.request"
# No line shows these, so don't collect them (Python's logging HOWTO, “Optimization”).
logging._srcfile = None
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


class _CurrentRequest(threading.local):
    """The id of the request that this thread is handling, or None."""

    id: str | None = None


current_request = _CurrentRequest()


class JsonFormatter(logging.Formatter):
    """Formats a log record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": self.formatTime(record),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if record.name == REQUESTS:
            line |= record.args  # type: ignore[arg-type]
        else:
            line |= {"request_id": current_request.id, "message": record.getMessage()}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """The time in RFC 3339, in UTC, with milliseconds."""
        return f"{_to_the_second(int(record.created))}.{int(record.msecs):03d}Z"


@lru_cache(maxsize=4)
def _to_the_second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def configuration(formatter: str) -> dict[str, Any]:
    """The argument of `logging.config.dictConfig`; `formatter` is "json", or "line" for a terminal."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"format": "{levelname} {name}: {message}", "style": "{"},
            "json": {"()": "claimsdb.logs.JsonFormatter"},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": formatter}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            REQUESTS: {"level": "INFO"},
            # its "Not Found: /…" would repeat the line of the request
            "django.request": {"level": "ERROR"},
            "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True},
        },
    }
