"""kill -9 during writes: the site recovers by itself, with every acknowledged write and no partial one."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from io import StringIO

import psutil
import psycopg
import pytest
import requests
from django.contrib.auth import get_user_model
from django.core.management import call_command

from claimsdb.postgresql import embedded
from tests import factories as make
from tests.running import PATIENCE, Server, copied_database, own_folder, serving

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 6
#: assertions in each claim
ASSERTIONS = 4
#: acknowledged writes before and after each kill
ENOUGH = 25


class Writers:
    """Threads that create claims, one after the other, each with ASSERTIONS assertions.

    `acknowledged`: the slugs of the claims that got 201; `interrupted`: the number of requests without a response;
    `refused`: the other statuses.
    """

    def __init__(self, server: Server, token: str, body: dict[str, object]) -> None:
        self.server, self.body = server, body
        self.headers = {"Authorization": f"Token {token}"}
        self.acknowledged: list[str] = []
        self.interrupted = 0
        self.refused: set[int] = set()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(n,)) for n in range(WRITERS)]

    def __enter__(self) -> "Writers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _write(self, number: int) -> None:
        count = 0
        while not self._stop.is_set():
            count += 1
            slug = f"crash-{number}-{count}"
            try:
                url = f"{self.server.url}/api/v1/claims/"
                answer = requests.post(url, json=self.body | {"slug": slug}, headers=self.headers, timeout=PATIENCE)
            except requests.RequestException:
                self.interrupted += 1
                continue
            if answer.status_code == 201:
                self.acknowledged.append(slug)
            else:
                self.refused.add(answer.status_code)
                self._stop.wait(0.2)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, self.server.log.read_text()[-3000:]
            time.sleep(0.02)

    def more(self) -> None:
        """Wait until ENOUGH more writes were acknowledged."""
        wanted = len(self.acknowledged) + ENOUGH
        self.wait_until(lambda: len(self.acknowledged) >= wanted)


@pytest.fixture
def site() -> Iterator[tuple[Writers, embedded.Cluster]]:
    """Writers to a site, and the cluster of its private server."""
    get_user_model().objects.create_superuser("admin")
    printed = StringIO()
    call_command("create_token", "admin", stdout=printed)
    source, speakers = make.make_source(), [make.make_actor() for _ in range(ASSERTIONS)]
    body = {
        "text": "The bridge fell.",
        "kind": "fact",
        "assertions": [{"source": source.slug, "speaker": speaker.slug} for speaker in speakers],
    }
    with own_folder() as folder:
        cluster = copied_database(folder)
        with serving(folder) as server:
            yield Writers(server, printed.getvalue().strip(), body), cluster


def kept(cluster: embedded.Cluster) -> dict[str, int]:
    """The slugs of the stored claims with their numbers of assertions. Checks that PostgreSQL is durable too."""
    to = {"host": str(cluster.socket_folder), "user": embedded.USER, "dbname": embedded.DATABASE}
    with psycopg.connect(**to) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"SHOW {setting}").fetchone() == ("on",)
        return dict(
            connection.execute(
                "SELECT c.slug, count(a.id) FROM claims_claim c LEFT JOIN claims_assertion a ON a.claim_id = c.id "
                "WHERE c.slug LIKE 'crash-%' GROUP BY c.slug"
            ).fetchall()
        )


def check(writers: Writers, cluster: embedded.Cluster) -> None:
    found = kept(cluster)
    assert not set(writers.acknowledged) - set(found), "acknowledged, but lost"
    assert set(found.values()) == {ASSERTIONS}, "a partial write"
    assert writers.refused <= {503}


def test_killed_workers(site: tuple[Writers, embedded.Cluster]) -> None:
    writers, cluster = site
    with writers:
        writers.more()
        old = {worker.pid for worker in writers.server.workers()}
        for worker in old:
            os.kill(worker, signal.SIGKILL)
            writers.more()
        for _ in range(50):  # until one is killed during a request
            writers.server.wait(workers=2)
            if writers.interrupted:
                break
            os.kill(writers.server.workers()[0].pid, signal.SIGKILL)
            writers.more()
        assert writers.interrupted
        assert not old & {worker.pid for worker in writers.server.workers()}
    check(writers, cluster)
    assert not writers.refused


def is_gone(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_killed_postgresql(site: tuple[Writers, embedded.Cluster]) -> None:
    """First one backend, after which PostgreSQL restarts by itself; then all processes, and the site starts them."""
    writers, cluster = site
    with writers:
        writers.more()
        for everything in (False, True):
            master = psutil.Process(int((cluster.path / "postmaster.pid").read_text().split()[0]))
            # the command line of a backend contains the name of its database
            backends = [child for child in master.children() if embedded.DATABASE in " ".join(child.cmdline())]
            assert backends
            for process in [master, *master.children()] if everything else backends[:1]:
                process.kill()
            # PostgreSQL ends all its backends; the site may replace its connections without refusing a write
            writers.wait_until(lambda ended=backends: all(map(is_gone, ended)))
            writers.more()
    check(writers, cluster)
