"""The server's worker: gunicorn's thread worker, with limits on what a client can use, and balanced connections.

- The worker's event loop collects each request and passes it to a thread once the head and a short body are complete.
  It waits at most HEAD_TIMEOUT seconds, however slowly the bytes arrive.
- The rest of a longer body must arrive within BODY_TIMEOUT seconds, and the client has SEND_TIMEOUT seconds in total to
  read the response. After that the connection is closed and the thread is free.
- Closing never blocks the loop, even if the client keeps its end open.
- A client gets at most half of a worker's threads. However slow its requests, and however many connections they use,
  they delay only that client.
- Dedicated threads answer health checks, so these never wait for other requests.
- A worker leaves new connections to a worker that has fewer. Otherwise one of two workers often gets nearly all of
  them, and half of the processors are idle.
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
#: seconds to receive a request of up to COLLECTED bytes, or the head of a longer one
HEAD_TIMEOUT = 10
COLLECTED = 65536
#: seconds to receive the rest of a longer body
BODY_TIMEOUT = 30
#: seconds for the client to read the response
SEND_TIMEOUT = 30
#: seconds to go on reading after a response; closing at once could make the client lose it (RFC 9112, 9.6)
LINGER_TIMEOUT = 2
#: bytes per read
READ_SIZE = 65536

#: the length of the body, if the head states it
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
#: other transfer codings have no end that could be waited for; gunicorn refuses them (501)
CHUNKED, LAST_CHUNK = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked[ \t]*\r\n", re.IGNORECASE), b"\r\n0\r\n"
#: such a client sends no body before a thread has answered 100 Continue
EXPECT = re.compile(rb"\r\nexpect:", re.IGNORECASE)
FORWARDED = re.compile(rb"\r\nx-forwarded-for:([^\r]*)", re.IGNORECASE)
#: requests that must not wait for others, and the number of threads that answer them
HEALTH, HEALTH_THREADS = re.compile(rb"(GET|HEAD) /(healthz|readyz)[? ]"), 2


class Logger(glogging.Logger):
    """Formats gunicorn's own messages like all others. The application logs the requests."""

    def setup(self, cfg: Any) -> None:
        self.cfg = cfg
        self._access_log_enabled = False
        dictConfig(configuration(os.environ["LOG_FORMAT"]))


class TooSlow(ConnectionResetError):
    """A client missed a deadline. gunicorn handles it like one that disconnected."""

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "The client was too slow.")


class Socket(socket.socket):
    """A connection with deadlines for receiving and sending as a whole, not only for each call.

    `receive_deadline` and `send_deadline` are times of the monotonic clock; `send_deadline` is 0 until the response
    begins.
    """

    receive_deadline = send_deadline = 0.0

    def recv(self, *args: Any) -> bytes:
        """As of any socket. Raises TooSlow."""
        if self.gettimeout() != 0:  # in the loop the socket doesn't block
            self._limit_to(self.receive_deadline)
        try:
            return super().recv(*args)
        except TimeoutError:
            raise TooSlow from None

    def sendall(self, *args: Any) -> None:
        """As of any socket. Raises TooSlow."""
        self.send_deadline = self.send_deadline or time.monotonic() + SEND_TIMEOUT
        self._limit_to(self.send_deadline)
        try:
            super().sendall(*args)
        except TimeoutError:
            raise TooSlow from None

    def _limit_to(self, deadline: float) -> None:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise TooSlow
        self.settimeout(remaining)


class Connection(TConn):
    """A client's connection.

    `received`: the bytes of the next request, until a thread handles it; `turn_key`: the client that the request counts
    for; `is_health_check`: whether that request is one; `gone`: whether the client has disconnected.
    """

    def __init__(self, worker: "Worker", *args: Any) -> None:
        super().__init__(*args)
        self.worker = worker
        self.received = b""
        self.turn_key = ""
        self.is_health_check = self.gone = False

    def identify(self) -> None:
        """Set `is_health_check` and `turn_key` from what was received.

        Addresses that count as one client for the rate limits count as one here too.
        """
        self.is_health_check = HEALTH.match(self.received) is not None
        nearest = self.client[0] if isinstance(self.client, tuple) else ""
        if settings.PROXIES:
            head = self.received.partition(b"\r\n\r\n")[0]
            nearest = client_address(nearest, b",".join(FORWARDED.findall(head)).decode("latin-1"))
        self.turn_key = network(nearest)

    def collect(self) -> bool:
        """Read what has arrived. Returns whether the loop is done with it: a thread can take over, or it is `gone`."""
        try:
            data = self.sock.recv(READ_SIZE)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        self.received += data
        self.gone = not data
        return self.gone or self._is_complete()

    def _is_complete(self) -> bool:
        """Whether a thread can handle or refuse the request."""
        end = self.received.find(b"\r\n\r\n") + 4
        if end < 4:
            return len(self.received) >= COLLECTED  # gunicorn reads on up to its own limits, then refuses it
        if len(self.received) >= COLLECTED or EXPECT.search(self.received, 0, end):
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
    #: for each worker, the time of its last report and its number of connections; shared by all workers of a master
    loads = mmap(-1, 64 * 16)
    load = struct.Struct("dq")
    #: seconds after which a report no longer counts
    STALE_AFTER = 2

    def __init__(self, age: int, *args: Any) -> None:
        super().__init__(age, *args)
        self.load_offset = age % 64 * self.load.size
        self.lingering: deque[Connection] = deque()
        self.health = ThreadPoolExecutor(HEALTH_THREADS, "health")
        self.turns: Turns[Connection] = Turns(THREADS, SHARE)

    # balancing connections

    def report_load(self) -> None:
        """Publish the number of connections to the other workers. A worker that is stopping doesn't count."""
        self.load.pack_into(self.loads, self.load_offset, time.monotonic() if self.alive else 0.0, self.nr_conns)

    def has_more_than_another(self) -> bool:
        """Whether another worker has fewer connections, by more than an eighth.

        Taking hundreds of silent connections strictly in turn would delay new clients by seconds.
        """
        oldest = time.monotonic() - self.STALE_AFTER
        enough = self.nr_conns - self.nr_conns // 8
        return any(when > oldest and count < enough for when, count in self.load.iter_unpack(self.loads))

    def notify(self) -> None:
        super().notify()
        self.report_load()

    def set_accept_enabled(self, enabled: bool) -> None:
        """Accept connections only while no other worker has fewer. gunicorn calls this in each round of its loop."""
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
        self.report_load()
        client = Socket(accepted.family, accepted.type, accepted.proto, accepted.detach())
        connection = Connection(self, self.cfg, client, address, listener.getsockname())
        connection.init()
        client.setblocking(False)
        self._wait_for(connection)
        if self.has_more_than_another():
            super().set_accept_enabled(False)

    def on_client_socket_readable(self, connection: Connection, client: Socket) -> None:
        """The next request on a kept connection begins; usually all of it arrives at once."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(connection)
        if connection.collect():
            self._pass_on(connection)
        else:
            self._wait_for(connection)

    def on_pending_socket_readable(self, connection: Connection, client: Socket) -> None:
        """More of a request has arrived."""
        if connection.collect():
            self.poller.unregister(client)
            self.pending_conns.remove(connection)
            self._pass_on(connection)

    def _pass_on(self, connection: Connection) -> None:
        if connection.gone:
            self.nr_conns -= 1
            connection.close()
        else:
            connection.identify()
            connection.parser.unreader.unread(connection.received)
            connection.received = b""
            self.enqueue_req(connection)

    def enqueue_req(self, connection: Connection) -> None:
        """Queue a request by client. gunicorn's own queue doesn't distinguish clients."""
        if connection.is_health_check:
            future = self.health.submit(self.handle, connection)
            future.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, connection, done))
        else:
            self.turns.add(connection.turn_key, connection)
            self._start_next()

    def _start_next(self) -> None:
        """Give the free threads to the clients whose turn it is."""
        while turn := self.turns.take():
            future = self.tpool.submit(self.handle, turn[1])
            future.add_done_callback(partial(self.method_queue.defer, self._end_turn, *turn))

    def _end_turn(self, turn_key: str, connection: Connection, done: Any) -> None:
        self.turns.end(turn_key)
        self.finish_request(connection, done)
        self._start_next()

    def _wait_for(self, connection: Connection) -> None:
        connection.timeout = time.monotonic() + HEAD_TIMEOUT
        self.pending_conns.append(connection)
        readable = partial(self.on_pending_socket_readable, connection)
        self.poller.register(connection.sock, EVENT_READ, readable)

    def handle(self, connection: Connection) -> Any:
        connection.sock.receive_deadline = time.monotonic() + HEAD_TIMEOUT
        return super().handle(connection)

    def handle_request(self, request: Any, connection: Connection) -> bool:
        connection.sock.receive_deadline = time.monotonic() + BODY_TIMEOUT
        connection.sock.send_deadline = 0.0
        return bool(super().handle_request(request, connection))

    # closing

    def linger(self, connection: Connection) -> None:
        """Close a connection once its client has closed its end, or after LINGER_TIMEOUT."""
        try:
            connection.sock.shutdown(socket.SHUT_WR)
            connection.sock.setblocking(False)
        except OSError:
            connection.sock.close()
            return
        self.nr_conns += 1
        connection.timeout = time.monotonic() + LINGER_TIMEOUT
        self.lingering.append(connection)
        self.poller.register(connection.sock, EVENT_READ, partial(self._discard, connection))

    def _discard(self, connection: Connection, client: Socket) -> None:
        try:
            if client.recv(READ_SIZE):
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
