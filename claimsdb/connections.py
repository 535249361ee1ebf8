"""Connections of clients: a request is collected, run, and answered. HTTP as bytes and WSGI meet here."""

import io
import re
import socket
import sys
import time
from collections.abc import Callable, Iterable
from email.utils import formatdate
from enum import Enum
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from gunicorn.asgi import parser as http

from claims.limits.addresses import client_address, network

#: bytes after which the head of a request must be complete
HEAD_SIZE = 65536
#: the most bytes on the wire for each byte of a body in chunks: a chunk of one byte takes six, and time to parse
CHUNKED_SIZE = 2
#: health checks, which must not wait for other requests
HEALTH = {b"/healthz", b"/readyz"}
#: path and query of a request target, which may begin with scheme and host
TARGET = re.compile(r"(?:[A-Za-z][^/?#]*://[^/?#]*)?([^?#]*)\??([^#]*)")
#: the statuses of requests that can't be parsed; all others get 400
STATUSES = {
    http.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    http.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    http.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
}
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class State(Enum):
    """RECEIVING: the loop collects a request, or waits for one. RUNNING: a thread has it, or it waits for a thread.
    SENDING: the loop sends what the client didn't take at once. CLOSING: the loop waits for the client to close."""

    RECEIVING, RUNNING, SENDING, CLOSING = range(4)


class Refused(Exception):
    """A request that can't be passed to the application."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status

    def answer(self) -> bytes:
        status = self.status
        body = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": f"{self}."}
        headers = [("Content-Type", "application/problem+json")]
        return head(f"{int(status)} {status.phrase}", headers, False) + orjson.dumps(body)


class Unreadable(io.RawIOBase):
    """A body that is too long, or whose rest didn't arrive in time. Reading it raises `error`."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def readinto(self, buffer: Any) -> int:
        raise self.error


class Connection:
    """A client's connection.

    `client`: whom its request counts for; `is_health_check`: whether it is one; `has_head`: whether its head is
    complete; `deadline`: when the state must have changed; `unsent`: what remains to be sent of the response; `held`:
    how many bytes of a body or a response count as kept for the client; `keep`: whether another request may follow;
    `watched`: the events that the loop waits for; `paused`: whether bytes arrived while the last request was running.
    """

    def __init__(self, sock: socket.socket, peer: Any, limit_request_line: int) -> None:
        self.sock = sock
        self.peer: tuple[str, int] = peer[:2] if isinstance(peer, tuple) else ("", 0)
        self.state = State.RECEIVING
        self.parser = http.PythonProtocol(
            on_headers_complete=self._begin_body, on_body=self._add, limit_request_line=limit_request_line
        )
        self.client = ""
        self.deadline = 0.0
        self.unsent = memoryview(b"")
        self.held = self.watched = 0
        self.keep = self.paused = self.is_health_check = False
        self._clear()

    def _clear(self) -> None:
        self.body = bytearray()
        self.received = 0
        self.has_head = self.expects = False
        self.body_error: Exception | None = None

    # receiving

    def receive(self, data: bytes) -> bool:
        """Add bytes that arrived. Returns whether the request can be run. Raises Refused."""
        self.received += len(data)
        try:
            self.parser.feed(data)
        except RequestDataTooBig as error:
            self.body_error = error
        except (http.ParseError, ValueError) as error:
            raise Refused(STATUSES.get(type(error), HTTPStatus.BAD_REQUEST), str(error)) from None
        if not self.has_head and self.received > HEAD_SIZE:
            raise Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The head of the request is too long")
        return self.parser.is_complete or self.body_error is not None

    def _begin_body(self) -> bool:
        """Called at the end of the head. Returns whether to ignore the body."""
        self.has_head = True
        self.is_health_check = self.parser.path.partition(b"?")[0] in HEALTH and self.parser.method in (b"GET", b"HEAD")
        forwarded = [value for name, value in self.parser.headers if name == b"x-forwarded-for"]
        self.client = network(client_address(self.peer[0], b",".join(forwarded).decode("latin-1")))
        if (self.parser.content_length or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            self.body_error = RequestDataTooBig()
            return True
        self.expects = self.parser.http_version > (1, 0) and any(name == b"expect" for name, _ in self.parser.headers)
        return False

    def _add(self, data: bytes) -> None:
        self.body += data
        if len(self.body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig
        if self.received > CHUNKED_SIZE * len(self.body) + HEAD_SIZE:
            raise Refused(HTTPStatus.BAD_REQUEST, "The chunks of the body are too short")

    def next_request(self) -> bytes:
        """Make ready for the next request. Returns what has already arrived of it."""
        rest = bytes(self.parser.remaining())
        self.parser.reset()
        self._clear()
        return rest

    # running

    def run(self, application: Application, environ: dict[str, Any], keep: bool) -> list[bytes]:
        """The response to the request: head and body. `keep`: whether another request may follow."""
        started: list[Any] = []
        chunks: list[bytes] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            started[:] = status, headers
            return chunks.append

        result = application(self._add_request(environ), start_response)
        try:
            chunks.extend(result)
        finally:
            if hasattr(result, "close"):
                result.close()
        status, headers = started
        self.keep = keep and self.parser.should_keep_alive and self.body_error is None
        body = b"".join(chunks)
        has_body = not (status[0] == "1" or status[:3] in ("204", "304"))
        if has_body and not any(name.lower() == "content-length" for name, _ in headers):
            headers = [*headers, ("Content-Length", str(len(body)))]
        return [head(status, headers, self.keep), body if has_body and self.parser.method != b"HEAD" else b""]

    def _add_request(self, environ: dict[str, Any]) -> dict[str, Any]:
        parser = self.parser
        path, query = TARGET.match(parser.path.decode("latin-1")).groups()  # type: ignore[union-attr]  # matches any
        for raw_name, raw_value in parser.headers:
            if b"_" not in raw_name:  # it would look the same as one with a hyphen
                name = "HTTP_" + raw_name.decode("latin-1").upper().replace("-", "_")
                value = raw_value.decode("latin-1")
                environ[name] = f"{environ[name]},{value}" if name in environ else value
        environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
        environ.pop("HTTP_CONTENT_LENGTH", None)
        environ |= {
            "REQUEST_METHOD": parser.method.decode("latin-1"),
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_PROTOCOL": f"HTTP/1.{parser.http_version[1]}",
            "CONTENT_LENGTH": str(parser.content_length or len(self.body) or int(self.body_error is not None)),
            "REMOTE_ADDR": self.peer[0],
            "REMOTE_PORT": str(self.peer[1]),
            "wsgi.version": (1, 0),
            "wsgi.input": io.BytesIO(self.body) if self.body_error is None else Unreadable(self.body_error),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        return environ


def head(status: str, headers: Iterable[tuple[str, str]], keep: bool) -> bytes:
    """The head of a response."""
    lines = [
        f"HTTP/1.1 {status}",
        f"Date: {_date(int(time.time()))}",
        f"Connection: {'keep-alive' if keep else 'close'}",
    ]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
