"""The server's worker process: an event loop that reads and writes, and threads that run the application.

- No thread waits for a client. The loop collects each request, head and body, and passes it to a thread when it is
  complete. The thread sends as much of the response as the client takes at once, and leaves the rest to the loop.
- Each step has a deadline, however slowly bytes arrive or leave: HEAD_TIMEOUT, BODY_TIMEOUT, SEND_TIMEOUT.
- The bodies and responses that are kept for clients have at most CLIENT_BYTES per client and WORKER_BYTES in all.
  Beyond that, the connection is cut that has been waiting longest.
- A client gets at most half of a worker's threads. However slow its requests, and however many connections they use,
  they delay only that client.
- Dedicated threads answer health checks, so these never wait for other requests.
- A worker leaves new connections to a worker that has fewer. Otherwise one of two workers often gets nearly all of
  them, and half of the processors are idle.
"""

import os
import socket
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from ipaddress import ip_address
from logging.config import dictConfig
from queue import SimpleQueue
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from threading import Lock, Thread
from typing import Any

from gunicorn import glogging
from gunicorn.workers.base import Worker as Process

from claimsdb.connections import CONTINUE, Connection, Refused, State
from claimsdb.loads import Loads
from claimsdb.logs import configuration
from claimsdb.turns import Turns

#: threads of a worker, and how many of them one client may have at a time
THREADS = 8
SHARE = THREADS // 2
HEALTH_THREADS = 2
#: seconds to receive the head of a request; the rest of it; for the client to read the response
HEAD_TIMEOUT, BODY_TIMEOUT, SEND_TIMEOUT = 10, 30, 30
#: seconds to go on reading after a response; closing at once could make the client lose it (RFC 9112, 9.6)
LINGER_TIMEOUT = 2
#: bytes of bodies and responses that are kept for a client, and for all
CLIENT_BYTES, WORKER_BYTES = 32 << 20, 128 << 20
#: bytes per read; so many take up to 5 ms to parse, if they are the shortest chunks
READ_SIZE = 16384
#: seconds between two checks of all deadlines
TICK = 0.5


class Logger(glogging.Logger):
    """Formats gunicorn's own messages like all others. The application logs the requests."""

    def setup(self, cfg: Any) -> None:
        self.cfg = cfg
        self._access_log_enabled = False
        dictConfig(configuration(os.environ["LOG_FORMAT"]))


class Worker(Process):
    alive: bool

    def __init__(self, age: int, *args: Any) -> None:
        super().__init__(age, *args)
        self.loads = Loads(age)
        self.connections: set[Connection] = set()
        self.accepting = False
        #: bytes kept for each client
        self.held: Counter[str] = Counter()
        #: guards `turns`, and the change of a connection's state from RUNNING
        self.lock = Lock()
        self.turns: Turns[Connection] = Turns(THREADS, SHARE)
        #: requests for the threads
        self.ready: SimpleQueue[Connection] = SimpleQueue()
        self.health: SimpleQueue[Connection] = SimpleQueue()
        #: connections that the threads return to the loop, and what remains to be sent to them
        self.returned: deque[tuple[Connection, memoryview | None]] = deque()

    def run(self) -> None:
        self.address = self.cfg.address[0]
        self.selector = DefaultSelector()
        self.selector.register(self.PIPE[0], EVENT_READ, self.wake)
        for queue, threads in ((self.ready, THREADS), (self.health, HEALTH_THREADS)):
            for _ in range(threads):
                Thread(target=self.work, args=[queue], daemon=True).start()
        for listener in self.sockets:
            listener.setblocking(False)
        while self.alive and self.ppid == os.getppid():
            if not self.accepting:
                self.set_accepting(not self.loads.is_less_elsewhere(len(self.connections)))
            self.turn(TICK if self.accepting else 0.02)
        self.alive = False
        self.set_accepting(False)
        self.loads.withdraw()
        # kept connections stay open for a moment: their next request may be on its way
        soon, end = time.monotonic() + LINGER_TIMEOUT, time.monotonic() + self.cfg.graceful_timeout
        while self.connections and time.monotonic() < end:
            for connection in self.connections:
                if connection.state is State.RECEIVING and not connection.has_head:
                    connection.deadline = min(connection.deadline, soon)
            self.turn(TICK)

    checked = 0.0

    def turn(self, timeout: float) -> None:
        """Wait for events, and handle them."""
        for key, _ in self.selector.select(timeout):
            key.data()
        if self.alive:
            self.loads.report(len(self.connections))
        now = time.monotonic()
        if now - self.checked < TICK:
            return
        self.checked = now
        self.notify()
        # in this order: a thread sets the deadline before the state
        for connection in [c for c in self.connections if c.state is not State.RUNNING and c.deadline <= now]:
            self.expire(connection)

    def wake(self) -> None:
        """Handle what the threads returned. Signals wake the loop too."""
        os.read(self.PIPE[0], 4096)
        while self.returned:
            connection, unsent = self.returned.popleft()
            if unsent is None:
                self.drop(connection)
            else:
                self.go_on(connection, unsent)

    # connections

    def set_accepting(self, accepting: bool) -> None:
        """Accept connections, or leave them to other workers."""
        if accepting == self.accepting:
            return
        self.accepting = accepting
        for listener in self.sockets:
            if accepting:
                self.selector.register(listener, EVENT_READ, partial(self.accept, listener))
            else:
                self.selector.unregister(listener)

    def accept(self, listener: Any) -> None:
        while True:
            try:
                sock, peer = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError:  # no file descriptors are left
                self.set_accepting(False)
                return
            if len(self.connections) >= self.cfg.worker_connections and not self.make_room():
                sock.close()
                continue
            sock.setblocking(False)
            connection = Connection(sock, peer, self.cfg.limit_request_line)
            connection.deadline = time.monotonic() + HEAD_TIMEOUT
            self.connections.add(connection)
            self.loads.report(len(self.connections))
            self.watch(connection, EVENT_READ)
            if self.loads.is_less_elsewhere(len(self.connections)):
                self.set_accepting(False)
                return

    def make_room(self) -> bool:
        """Close the connection that has waited longest for a request or, if there is none, for its client."""
        idle = [c for c in self.connections if c.state is not State.RUNNING]
        if idle:
            self.drop(min(idle, key=lambda c: (c.state is State.SENDING or c.has_head, c.deadline)))
        return bool(idle)

    def watch(self, connection: Connection, events: int) -> None:
        """Wait for these events on a connection."""
        if events == connection.watched:
            return
        call: Callable[[], None] = partial(self.send if events == EVENT_WRITE else self.receive, connection)
        if not events:
            self.selector.unregister(connection.sock)
        elif connection.watched:
            self.selector.modify(connection.sock, events, call)
        else:
            self.selector.register(connection.sock, events, call)
        connection.watched = events

    def drop(self, connection: Connection) -> None:
        """Close a connection."""
        self.connections.discard(connection)
        self.hold(connection, 0)
        self.watch(connection, 0)
        connection.sock.close()

    def expire(self, connection: Connection) -> None:
        """A deadline has passed."""
        if connection.state is State.RECEIVING and connection.has_head:
            connection.body_error = TimeoutError("The body did not arrive in time.")
            self.enqueue(connection)
        else:
            self.drop(connection)

    def hold(self, connection: Connection, size: int) -> None:
        """Count so many bytes as kept for a connection. If that is too much, cut those that have been waiting longest.

        A connection may only keep more while it is not RUNNING, so there is one to cut.
        """
        self.held[connection.client] += size - connection.held
        connection.held = size
        if not self.held[connection.client]:
            del self.held[connection.client]
        while self.held[connection.client] > CLIENT_BYTES:
            self.cut(connection.client)
        while self.held.total() > WORKER_BYTES:
            self.cut()

    def cut(self, client: str | None = None) -> None:
        """Cut a connection of this client or, if None, of the one for which most is kept."""
        waiting = [
            c for c in self.connections if c.held and c.state is not State.RUNNING and client in (None, c.client)
        ]
        connection = min(waiting, key=lambda c: (-self.held[c.client], c.deadline))
        self.log.warning("Cut a connection of %s: too much is kept for this client.", connection.client)
        self.drop(connection)

    # receiving

    def receive(self, connection: Connection) -> None:
        """Something has arrived."""
        with self.lock:
            if connection.state is State.RUNNING:
                connection.paused = True
                self.watch(connection, 0)
                return
        try:
            data = connection.sock.recv(READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.drop(connection)
        elif connection.state is State.RECEIVING:
            self.collect(connection, data)

    def collect(self, connection: Connection, data: bytes) -> None:
        """Add to a request."""
        began = connection.has_head
        if not connection.received:
            connection.deadline = time.monotonic() + HEAD_TIMEOUT
        try:
            complete = connection.receive(data)
        except Refused as error:
            self.log.warning("Invalid request from %s: %s", connection.peer[0], error)
            connection.keep = False
            self.go_on(connection, memoryview(error.answer()))
            return
        if complete:
            self.enqueue(connection)
            return
        if connection.has_head:
            if not began:
                connection.deadline = time.monotonic() + BODY_TIMEOUT
                if connection.expects:
                    self.try_send(connection, CONTINUE)
            self.hold(connection, len(connection.body))

    def enqueue(self, connection: Connection) -> None:
        """Pass a request to a thread."""
        connection.state = State.RUNNING
        if connection.is_health_check:
            self.health.put(connection)
            return
        with self.lock:
            self.turns.add(connection.client, connection)
            turn = self.turns.take()
        if turn:
            self.ready.put(turn[1])

    # running; this is what the threads do

    def work(self, queue: SimpleQueue[Connection]) -> None:
        while True:
            following: Connection | None = queue.get()
            while following:
                following = self.handle(following)

    def handle(self, connection: Connection) -> Connection | None:
        """Run a request and send the response. Returns the connection whose turn it is now."""
        unsent: memoryview | None = None
        try:
            answer = connection.run(self.wsgi, self.environ(connection), self.alive)
            unsent = self.try_send(connection, *answer)
        except Exception:
            self.log.exception("Error handling a request")
            connection.keep = False
            unsent = memoryview(Refused(HTTPStatus.INTERNAL_SERVER_ERROR, "The application failed").answer())
        with self.lock:
            turn = None
            if not connection.is_health_check:
                self.turns.end(connection.client)
                turn = self.turns.take()
            done = unsent is not None and not unsent and connection.keep and not connection.paused
            done = done and not connection.held and not connection.parser.remaining()
            if done:
                connection.next_request()
                connection.deadline = time.monotonic() + self.cfg.keepalive
                connection.state = State.RECEIVING
        if not done:
            self.returned.append((connection, unsent))
            with suppress(BlockingIOError):  # if the pipe is full, the loop wakes anyway
                os.write(self.PIPE[1], b".")
        return turn[1] if turn else None

    def environ(self, connection: Connection) -> dict[str, Any]:
        host, port = self.address
        secure = any(n == b"x-forwarded-proto" and v == b"https" for n, v in connection.parser.headers)
        scheme = "https" if secure and self.is_trusted(connection.peer[0]) else "http"
        return {"SERVER_NAME": host, "SERVER_PORT": str(port), "wsgi.url_scheme": scheme}

    def is_trusted(self, peer: str) -> bool:
        """Whether the scheme that a proxy at this address states is true."""
        return "*" in self.cfg.forwarded_allow_ips or any(
            ip_address(peer) in network for network in self.cfg.forwarded_allow_networks()
        )

    def try_send(self, connection: Connection, *parts: bytes) -> memoryview | None:
        """Send what the client takes at once. Returns the rest, or None if the client is gone."""
        try:
            sent = connection.sock.sendmsg(parts)
        except BlockingIOError:
            sent = 0
        except OSError:
            return None
        if sent == sum(map(len, parts)):
            return memoryview(b"")
        return memoryview(b"".join(parts)[sent:])

    # sending

    def go_on(self, connection: Connection, unsent: memoryview) -> None:
        """Go on with a connection after a request: send the rest of the response, close it, or receive the next."""
        connection.paused = False
        if unsent:
            connection.state = State.SENDING
            connection.unsent = unsent
            connection.deadline = time.monotonic() + SEND_TIMEOUT
            self.watch(connection, EVENT_WRITE)
            self.hold(connection, len(unsent))
            return
        self.hold(connection, 0)
        if not connection.keep:
            self.linger(connection)
        else:
            connection.state = State.RECEIVING
            connection.deadline = time.monotonic() + self.cfg.keepalive
            self.watch(connection, EVENT_READ)
            if rest := connection.next_request():
                self.collect(connection, rest)

    def send(self, connection: Connection) -> None:
        """The client has read something."""
        try:
            sent = connection.sock.send(connection.unsent)
        except BlockingIOError:
            return
        except OSError:
            self.drop(connection)
            return
        connection.unsent = connection.unsent[sent:]
        if not connection.unsent:
            self.go_on(connection, connection.unsent)

    def linger(self, connection: Connection) -> None:
        """Close a connection once its client has closed its end, or after LINGER_TIMEOUT."""
        connection.state = State.CLOSING
        connection.deadline = time.monotonic() + LINGER_TIMEOUT
        try:
            connection.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.drop(connection)
        else:
            self.watch(connection, EVENT_READ)
