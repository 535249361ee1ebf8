"""Counters shared by all workers of one machine: how often something happened in the current time window.

They are in anonymous memory that is mapped when this module is first imported. gunicorn.conf.py imports it in the
master, so the workers, which are forked from it, share one table, which is freed when the master exits. The table
consists of pairs of 64-bit numbers: the hash of a name, and its count with the second in which its window ends.
Python's hash gets a new random key at each start, so nobody can choose names that collide; workers inherit the key.

There is no lock, since a worker that is killed while holding a lock in shared memory would never release it. Two
workers that count the same name within the same microsecond count one instead of two, and one that is suspended
between reading and writing undoes what others counted meanwhile: a limit may let a few requests too many through,
never too few. Two processes that did nothing but count the same name lost a quarter of the counts; with half a
millisecond in between, one in a hundred.

Counting takes a few microseconds.
"""

import mmap
from time import monotonic

#: a power of two; 1 MiB of memory, of which only the pages in use are allocated
SLOTS = 1 << 16
#: slots in which a name may be; with so many, a half-full table evicts hardly any name
PROBES = 8
_KEY = (1 << 64) - 1
_COUNT = (1 << 32) - 1

_table = memoryview(mmap.mmap(-1, SLOTS * 16)).cast("Q")


def _place(key: int, now: int) -> int:
    """The slot of `key` or, if it has none, one for it: free, with an expired window, or with the lowest count."""
    free = least = -1
    for probe in range(PROBES):
        place = ((key + probe) & (SLOTS - 1)) * 2
        if _table[place] == key:
            return place
        entry = _table[place + 1]
        if free < 0 and entry >> 32 <= now:
            free = place
        if least < 0 or entry & _COUNT < _table[least + 1] & _COUNT:
            least = place
    return least if free < 0 else free


def _read(name: str, now: int) -> tuple[int, int, int, int]:
    """The key of a name, its slot, its count, and the second in which its window ends (0 without a current one)."""
    key = hash(name) & _KEY or 1
    place = _place(key, now)
    entry = _table[place + 1]
    if _table[place] != key or entry >> 32 <= now:
        return key, place, 0, 0
    return key, place, entry & _COUNT, entry >> 32


def hit(name: str, most: int, window: int) -> tuple[int, int]:
    """Counts one. Returns the count, which stops at `most` + 1, and the seconds until the window ends.

    The first count begins a window of `window` seconds, or up to one second less, since it ends on a whole second.
    """
    now = int(monotonic())
    key, place, count, ends = _read(name, now)
    if count <= most:
        count += 1
    ends = ends or now + window
    _table[place] = key
    _table[place + 1] = ends << 32 | count
    return count, ends - now


def counted(name: str) -> tuple[int, int]:
    """The count and the seconds until the window ends, without counting; 0 and 0 if nothing was counted."""
    now = int(monotonic())
    _, _, count, ends = _read(name, now)
    return count, ends - now if ends else 0


def clear() -> None:
    """Resets all counters."""
    _table[:] = memoryview(bytes(SLOTS * 16)).cast("Q")
