"""How many connections each worker has, so that one leaves new connections to another that has fewer."""

import struct
import time
from mmap import mmap


class Loads:
    """The number of connections of each worker, shared by all workers of a master."""

    table = mmap(-1, 64 * 16)
    entry = struct.Struct("dq")
    #: seconds after which a report no longer counts
    STALE_AFTER = 2

    def __init__(self, number: int) -> None:
        self.offset = number % 64 * self.entry.size

    def report(self, count: int) -> None:
        self.entry.pack_into(self.table, self.offset, time.monotonic(), count)

    def withdraw(self) -> None:
        self.entry.pack_into(self.table, self.offset, 0.0, 0)

    def is_less_elsewhere(self, count: int) -> bool:
        """Whether another worker has fewer connections, by more than an eighth.

        Taking hundreds of silent connections strictly in turn would delay new clients by seconds.
        """
        oldest = time.monotonic() - self.STALE_AFTER
        enough = count - count // 8
        return any(when > oldest and other < enough for when, other in self.entry.iter_unpack(self.table))
