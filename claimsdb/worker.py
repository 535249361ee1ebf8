"""The worker of the server: gunicorn's, with bounds on what a client may cost, and connections shared out evenly.

- A request takes a thread when its head is there, and its body if that is short. Until then the worker's one loop
  collects what comes, whoever sends it and however slowly, for HEAD seconds at most.
- The rest of a longer body has BODY seconds, and so has the client to take its answer, in all. Then the connection
  is cut and the thread is free.
- Who was answered and keeps the connection open is not waited for by the loop, which serves others meanwhile.
- Threads are shared out among clients, of whom none has more than half of a worker's: what one asks for, however dear
  and over however many connections, holds up that one alone.
- Whether the process lives is answered by threads of their own, whatever the others wait for.
- A worker leaves new connections to a worker that has fewer. Left to chance, one of two often gets nearly all, and
  half of the processors stands idle.
"""

import errno
import os
import re
import socket
import struct
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from logging.config import dictConfig
from mmap import mmap
from selectors import EVENT_READ
from typing import Any

from django.conf import settings
from gunicorn import glogging
from gunicorn.workers.gthread import TConn, ThreadWorker

from claims.limits.addresses import client_address, network
from claimsdb.logs import configuration
from claimsdb.turns import Turns

#: threads of a worker, and how many of them one client may have at a time
THREADS = 8
SHARE = THREADS // 2
#: seconds for a request of up to SHORT bytes, or for the head of a longer one
HEAD = 10
SHORT = 65536
#: seconds for the rest of a longer body; and for the client to take the answer
BODY = 30
SEND = 30
#: seconds for what a client still sends after its answer, lest it be lost on the way (RFC 9112, 9.6)
LINGER = 2
#: bytes that are read at once
PIECE = 65536

#: a request's length, if its head tells; a client that asks whether to go on would wait for the answer
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
#: other codings than chunks have no end that could be waited for; gunicorn refuses them (501)
CHUNKED, LAST_CHUNK = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked[ \t]*\r\n", re.IGNORECASE), b"\r\n0\r\n"
EXPECT = re.compile(rb"\r\nexpect:", re.IGNORECASE)
FORWARDED = re.compile(rb"\r\nx-forwarded-for:([^\r]*)", re.IGNORECASE)
#: questions that may not wait for what the others wait for, and how many threads answer them
HEALTH, HEALTH_THREADS = re.compile(rb"(GET|HEAD) /(healthz|readyz)[? ]"), 2


class Logger(glogging.Logger):
    """gunicorn's own messages go the way of all others; requests are logged by the application."""

    def setup(self, cfg: Any) -> None:
        self.cfg = cfg
        self._access_log_enabled = False
        dictConfig(configuration(os.environ["LOG_FORMAT"]))


class TooSlow(ConnectionResetError):
    """A client took longer than it may. To gunicorn it is one that went away."""

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "The client was too slow.")


class Socket(socket.socket):
    """A connection on which reading and writing end at a given time, however the bytes trickle.

    `receive_by` and `send_by` are of the monotonic clock; `send_by` is 0 until the answer begins.
    """

    receive_by = send_by = 0.0

    def recv(self, *args: Any) -> bytes:
        """As of any socket. Raises TooSlow."""
        if self.gettimeout() != 0:  # the loop doesn't wait
            self._wait_until(self.receive_by)
        try:
            return super().recv(*args)
        except TimeoutError:
            raise TooSlow from None

    def sendall(self, *args: Any) -> None:
        """As of any socket. Raises TooSlow."""
        self.send_by = self.send_by or time.monotonic() + SEND
        self._wait_until(self.send_by)
        try:
            super().sendall(*args)
        except TimeoutError:
            raise TooSlow from None

    def _wait_until(self, moment: float) -> None:
        remaining = moment - time.monotonic()
        if remaining <= 0:
            raise TooSlow
        self.settimeout(remaining)


class Connection(TConn):
    """`received`: what came of the next request, until a thread takes it; `of_health`: whether it asks how the site is;
    `asker`: whose it is. `gone`: whether the client is."""

    def __init__(self, worker: "Worker", *args: Any) -> None:
        super().__init__(*args)
        self.worker = worker
        self.received = b""
        self.asker = ""
        self.of_health = self.gone = False

    def find_asker(self) -> None:
        """Whose request it is, for Turns: all addresses that rate limits count as one are one client."""
        nearest = self.client[0] if isinstance(self.client, tuple) else ""
        if settings.PROXIES:
            head = self.received.partition(b"\r\n\r\n")[0]
            nearest = client_address(nearest, b",".join(FORWARDED.findall(head)).decode("latin-1"))
        self.asker = network(nearest)

    def collect(self) -> bool:
        """Take what came. Returns whether there is nothing to wait for: the request is complete, or the client gone."""
        try:
            piece = self.sock.recv(PIECE)
        except BlockingIOError:
            return False
        except OSError:
            piece = b""
        self.received += piece
        self.gone = not piece
        return self.gone or self._is_complete()

    def _is_complete(self) -> bool:
        """Whether a thread may begin with what was received, or must refuse it."""
        end = self.received.find(b"\r\n\r\n") + 4
        if end < 4:
            return len(self.received) >= SHORT  # gunicorn refuses it, or reads on until it does
        if len(self.received) >= SHORT or EXPECT.search(self.received, 0, end):
            return True
        if CHUNKED.search(self.received, 0, end):
            return LAST_CHUNK in self.received
        length = LENGTH.search(self.received, 0, end)
        return length is None or len(self.received) >= end + int(length[1])

    def close(self, graceful: bool = False) -> None:
        if graceful:
            self.worker.linger(self)
        else:
            super().close()


class Worker(ThreadWorker):
    #: of each worker, the time when it last told, and its number of connections; shared by all of a master
    told = mmap(-1, 64 * 16)
    entry = struct.Struct("dq")
    #: seconds after which a worker that tells nothing doesn't count
    SILENT = 2

    def __init__(self, age: int, *args: Any) -> None:
        super().__init__(age, *args)
        self.place = age % 64 * self.entry.size
        self.lingering: deque[Connection] = deque()
        self.health = ThreadPoolExecutor(HEALTH_THREADS, "health")
        self.turns: Turns[Connection] = Turns(THREADS, SHARE)

    # sharing out

    def tell(self) -> None:
        """Tell the other workers how many connections this one has; one that stops takes no more, and doesn't count."""
        self.entry.pack_into(self.told, self.place, time.monotonic() if self.alive else 0.0, self.nr_conns)

    def has_more_than_another(self) -> bool:
        after = time.monotonic() - self.SILENT
        return any(when > after and count < self.nr_conns for when, count in self.entry.iter_unpack(self.told))

    def notify(self) -> None:
        super().notify()
        self.tell()

    def set_accept_enabled(self, enabled: bool) -> None:
        """Asked in each turn of the loop where this differs from what was done."""
        super().set_accept_enabled(enabled and not self.has_more_than_another())

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        super().wait_for_and_dispatch_events(timeout if self._accepting else min(timeout, 0.05))

    # receiving

    def accept(self, listener: Any) -> None:
        try:
            accepted, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED):
                raise
            return
        self.nr_conns += 1
        self.tell()
        client = Socket(accepted.family, accepted.type, accepted.proto, accepted.detach())
        connection = Connection(self, self.cfg, client, address, listener.getsockname())
        connection.init()
        client.setblocking(False)
        self._wait_for(connection)
        if self.has_more_than_another():
            super().set_accept_enabled(False)

    def on_client_socket_readable(self, connection: Connection, client: Socket) -> None:
        """The next request on a connection begins; mostly it is there at once."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(connection)
        if connection.collect():
            self._pass_on(connection)
        else:
            self._wait_for(connection)

    def on_pending_socket_readable(self, connection: Connection, client: Socket) -> None:
        """More of a request is there."""
        if connection.collect():
            self.poller.unregister(client)
            self.pending_conns.remove(connection)
            self._pass_on(connection)

    def _pass_on(self, connection: Connection) -> None:
        if connection.gone:
            self.nr_conns -= 1
            connection.close()
        else:
            connection.of_health = HEALTH.match(connection.received) is not None
            connection.find_asker()
            connection.parser.unreader.unread(connection.received)
            connection.received = b""
            self.enqueue_req(connection)

    def enqueue_req(self, connection: Connection) -> None:
        """As gunicorn's, but for its one pool of threads, whose queue knows no clients."""
        if connection.of_health:
            answered = self.health.submit(self.handle, connection)
            answered.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, connection, done))
        else:
            self.turns.add(connection.asker, connection)
            self._begin()

    def _begin(self) -> None:
        """Give threads that are free to those whose turn it is."""
        while taken := self.turns.take():
            answered = self.tpool.submit(self.handle, taken[1])
            answered.add_done_callback(partial(self.method_queue.defer, self._end_turn, *taken))

    def _end_turn(self, asker: str, connection: Connection, done: Any) -> None:
        self.turns.end(asker)
        self.finish_request(connection, done)
        self._begin()

    def _wait_for(self, connection: Connection) -> None:
        connection.timeout = time.monotonic() + HEAD
        self.pending_conns.append(connection)
        readable = partial(self.on_pending_socket_readable, connection)
        self.poller.register(connection.sock, EVENT_READ, readable)

    def handle(self, connection: Connection) -> Any:
        connection.sock.receive_by = time.monotonic() + HEAD
        return super().handle(connection)

    def handle_request(self, request: Any, connection: Connection) -> bool:
        connection.sock.receive_by = time.monotonic() + BODY
        connection.sock.send_by = 0.0
        return bool(super().handle_request(request, connection))

    # closing

    def linger(self, connection: Connection) -> None:
        """Close a connection when its client has, or after a while."""
        try:
            connection.sock.shutdown(socket.SHUT_WR)
            connection.sock.setblocking(False)
        except OSError:
            connection.sock.close()
            return
        self.nr_conns += 1
        connection.timeout = time.monotonic() + LINGER
        self.lingering.append(connection)
        self.poller.register(connection.sock, EVENT_READ, partial(self._discard, connection))

    def _discard(self, connection: Connection, client: Socket) -> None:
        try:
            if client.recv(PIECE):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self.lingering.remove(connection)
        self._end(connection)

    def murder_pending(self) -> None:
        super().murder_pending()
        now = time.monotonic()
        while self.lingering and self.lingering[0].timeout <= now:
            self._end(self.lingering.popleft())

    def _end(self, connection: Connection) -> None:
        self.poller.unregister(connection.sock)
        self.nr_conns -= 1
        connection.close()
