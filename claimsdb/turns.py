"""A queue of requests that shares threads fairly among clients."""

from collections import OrderedDict, deque
from typing import Generic, TypeVar

Request = TypeVar("Request")


class Turns(Generic[Request]):
    """The requests that wait for one of `threads`, by client.

    A client has at most `share` of the threads at a time, and waiting clients take turns. So clients don't wait for
    another client's requests to end, however slow and numerous these are. Not thread-safe.
    """

    def __init__(self, threads: int, share: int) -> None:
        self.free, self.share = threads, share
        self.running: dict[str, int] = {}
        self.waiting: OrderedDict[str, deque[Request]] = OrderedDict()

    def add(self, client: str, request: Request) -> None:
        self.waiting.setdefault(client, deque()).append(request)

    def take(self) -> tuple[str, Request] | None:
        """The client and the request that a thread should handle next, or None. Call `end` when it is done."""
        # this skips at most threads / share clients: no more than that can have used up their share
        client = None
        if self.free:
            client = next((c for c in self.waiting if self.running.get(c, 0) < self.share), None)
        if client is None:
            return None
        requests = self.waiting[client]
        request = requests.popleft()
        if requests:
            self.waiting.move_to_end(client)
        else:
            del self.waiting[client]
        self.free -= 1
        self.running[client] = self.running.get(client, 0) + 1
        return client, request

    def end(self, client: str) -> None:
        """Free the thread of a request of the client."""
        self.free += 1
        if left := self.running.pop(client) - 1:
            self.running[client] = left
