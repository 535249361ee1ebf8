"""Logs: one JSON line a request, and each other message as a line with the id of the request that it belongs to.

No body, no header and no value of a query is written: they may hold secrets, or what is nobody's business.
"""

import logging
import threading
import time
from typing import Any

import orjson

REQUESTS = "claimsdb.request"
# What no line shows need not be found out for each of them.
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


class _CurrentRequest(threading.local):
    """The id of the request that this thread answers, or None."""

    id: str | None = None


current_request = _CurrentRequest()


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON in UTF-8."""

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
        """RFC 3339, in UTC, with milliseconds."""
        seconds = int(record.created)
        return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{int(record.msecs):03d}Z"


def configuration(form: str) -> dict[str, Any]:
    """What `logging.config.dictConfig` takes: `form` is "json", or "line" for people at a terminal."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"format": "{levelname} {name}: {message}", "style": "{"},
            "json": {"()": "claimsdb.logs.JsonFormatter"},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": form}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            REQUESTS: {"level": "INFO"},
            # its "Not Found: /…" would say again what the line of the request says
            "django.request": {"level": "ERROR"},
            "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True},
        },
    }
