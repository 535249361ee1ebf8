"""Rates: how many requests a client may send per time window."""

import re
from typing import NamedTuple

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
MOST = 1_000_000_000


class Rate(NamedTuple):
    """`quota` requests per `window` seconds, under its name in the headers."""

    name: str
    quota: int
    window: int

    @classmethod
    def read(cls, name: str, text: str) -> "Rate | None":
        """Parses a rate such as `600/minute`; None for `off`. Raises ValueError."""
        if text.strip().lower() == "off":
            return None
        found = re.fullmatch(r"\s*(\d{1,10})\s*/\s*(second|minute|hour|day)\s*", text)
        if not found or not 1 <= int(found[1]) <= MOST:
            raise ValueError(f"“{text}” is not a rate. Write 600/minute, or per second, hour or day, or off.")
        return cls(name, int(found[1]), SECONDS[found[2]])

    @property
    def policy(self) -> str:
        """The value of `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-11, section 3)."""
        return f'"{self.name}";q={self.quota};w={self.window}'

    def limit(self, count: int, seconds: int) -> str:
        """The value of `RateLimit` (section 4) after `count` requests, `seconds` before the window ends."""
        return f'"{self.name}";r={max(self.quota - count, 0)};t={seconds}'
