"""Counters that all workers of one machine share: how often something happened in the present window of time.

They stand in anonymous memory that is mapped when this module is first imported. gunicorn.conf.py imports it in the
master, so that workers, which are forked from it, count in the same table; it is gone with the master. The table holds
pairs of 64-bit numbers: the hash of a name, and its count with the second in which its window ends. Python's hash is
keyed anew with each start, so nobody can choose names that meet in one place; workers inherit the key.

There is no lock. A lock in shared memory would be held for ever by a worker that is killed while it has it. Two that
count the same name within the same microsecond count one instead of two, and one that is suspended between reading
and writing takes back what others counted meanwhile: a limit may let a few too many through, never too few. Two
processes that did nothing but count the same name lost a quarter; with half a millisecond between, one in a hundred.

To count takes a few microseconds.
"""

import mmap
from time import monotonic

#: a power of two: 1 MiB of memory, of which only what is used is taken
SLOTS = 1 << 16
#: places in which a name may stand; with so many, a table half full turns hardly anybody out
PROBES = 8
_KEY = (1 << 64) - 1
_COUNT = (1 << 32) - 1

_table = memoryview(mmap.mmap(-1, SLOTS * 16)).cast("Q")


def _place(key: int, now: int) -> int:
    """Where `key` stands, or else where it may: a place that is free or whose window is over, or the least counted."""
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
    """The key of a name, its place, its count, and the second in which its window ends: 0 if it has none now."""
    key = hash(name) & _KEY or 1
    place = _place(key, now)
    entry = _table[place + 1]
    if _table[place] != key or entry >> 32 <= now:
        return key, place, 0, 0
    return key, place, entry & _COUNT, entry >> 32


def hit(name: str, most: int, window: int) -> tuple[int, int]:
    """Counts one more. Gives the count, which stops one above `most`, and the seconds until it begins anew.

    The first one begins a window of `window` seconds; they are whole ones, so it may be up to one shorter.
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
    """The count, without counting, and the seconds until it begins anew: 0 and 0 where nothing was counted."""
    now = int(monotonic())
    _, _, count, ends = _read(name, now)
    return count, ends - now if ends else 0


def clear() -> None:
    """Forgets all counts."""
    _table[:] = memoryview(bytes(SLOTS * 16)).cast("Q")
