"""Whose request is answered next: threads are shared out among clients, not among requests."""

from collections import OrderedDict, deque
from typing import Generic, TypeVar

Request = TypeVar("Request")


class Turns(Generic[Request]):
    """The requests that wait for one of `threads`, by client.

    A client has at most `most` of the threads at a time, and of clients that wait, each gets a thread in turn. So
    whatever a client asks, and over however many connections, others don't wait for its requests to end. Used by one
    thread alone.
    """

    def __init__(self, threads: int, most: int) -> None:
        self.free, self.most = threads, most
        self.under_way: dict[str, int] = {}
        self.waiting: OrderedDict[str, deque[Request]] = OrderedDict()

    def add(self, client: str, request: Request) -> None:
        self.waiting.setdefault(client, deque()).append(request)

    def take(self) -> tuple[str, Request] | None:
        """The next client and request that a thread may begin with; None if there is none. Each is given to `end`."""
        # no more than threads / most clients have all that they may
        found = None
        if self.free:
            found = next((c for c in self.waiting if self.under_way.get(c, 0) < self.most), None)
        if found is None:
            return None
        requests = self.waiting[found]
        request = requests.popleft()
        if requests:
            self.waiting.move_to_end(found)
        else:
            del self.waiting[found]
        self.free -= 1
        self.under_way[found] = self.under_way.get(found, 0) + 1
        return found, request

    def end(self, client: str) -> None:
        """A request of the client is answered."""
        self.free += 1
        if left := self.under_way.pop(client) - 1:
            self.under_way[client] = left
