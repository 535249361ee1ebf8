"""Two or more at once, in threads with connections of their own. For tests marked `django_db(transaction=True)`."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection, transaction

#: seconds
PATIENCE = 20


def own_connection(act: Callable[[], Any]) -> Any:
    """The result of an act in this thread, whose connection is closed afterwards."""
    try:
        return act()
    finally:
        connection.close()


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each of the acts returns, begun together, each in a thread."""
    barrier = threading.Barrier(len(acts))

    def begin(act: Callable[[], Any]) -> Any:
        connection.ensure_connection()
        barrier.wait(PATIENCE)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [*pool.map(lambda act: own_connection(lambda: begin(act)), acts)]


def awaiting() -> list[int]:
    """The process ids of the servers of other connections that wait for the transaction of this one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT pid FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        )
        return [pid for (pid,) in cursor]


def meanwhile(
    first: Callable[[], Any], second: Callable[[], Any], then: Callable[[list[int]], None] = lambda waiting: None
) -> Any:
    """The result of `second`, begun in another thread while the transaction of `first` is open, or its exception.

    `first` is committed once `second` waits for it or is done; before that, `then` is called with those who wait.
    """

    def run() -> Any:
        try:
            return own_connection(second)
        except Exception as error:
            return error

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first()
            running = pool.submit(run)
            end = time.monotonic() + PATIENCE
            while not (running.done() or (waiting := awaiting())):
                assert time.monotonic() < end, "the other neither waits nor is done"
                time.sleep(0.01)
            if not running.done():
                then(waiting)
        return running.result(PATIENCE)
