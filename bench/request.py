"""One request, sent through http.client or as raw bytes."""

import http.client
import json
import sys
from dataclasses import dataclass
from typing import Any

#: a placeholder in the body of a write, replaced with a number unique to that write
NUMBER = "00000000"
#: seconds to wait for a response
PATIENCE = 30


@dataclass(frozen=True)
class Request:
    path: str
    body: dict[str, Any] | None = None

    @property
    def method(self) -> str:
        return "GET" if self.body is None else "POST"

    def content(self) -> bytes:
        return b"" if self.body is None else json.dumps(self.body).encode()

    def raw(self, host: str, token: str) -> bytes:
        """The bytes of the request."""
        content, headers = self.content(), {"Host": host} | self.headers(token)
        if content:
            headers["Content-Length"] = str(len(content))
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + content

    def headers(self, token: str) -> dict[str, str]:
        if self.body is None:
            return {}
        return {"Content-Type": "application/json", "Authorization": f"Token {token}"}

    def send(self, connection: http.client.HTTPConnection, token: str = "", number: int = 0, cookie: str = "") -> bytes:
        """Send the request and return the body of the response. Exits with the response if it isn't 2xx."""
        content = self.content().replace(NUMBER.encode(), b"%08d" % number)
        headers = self.headers(token) | ({"Cookie": cookie} if cookie else {})
        connection.request(self.method, self.path, content or None, headers)
        answer = connection.getresponse()
        body = answer.read()
        if not 200 <= answer.status < 300:
            text = body[:2000].decode(errors="replace")
            sys.exit(f"{self.method} {self.path} of {connection.host}:{connection.port}: {answer.status}\n{text}")
        return body


def connect(host: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(host, timeout=PATIENCE)
