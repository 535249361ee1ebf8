"""kill -9, in mid-write: the site comes back by itself, with all that it acknowledged, and nothing by halves."""

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
#: assertions of each claim that is sent
MEMBERS = 4
#: acknowledged writes before a kill, and after it
ENOUGH = 25


class Writers:
    """Threads that send claims, one after the other, each with MEMBERS assertions.

    `acknowledged` are the slugs that were answered with 201; `interrupted` counts the answers that never came.
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
        """Return when ENOUGH more writes were acknowledged."""
        wanted = len(self.acknowledged) + ENOUGH
        self.wait_until(lambda: len(self.acknowledged) >= wanted)


@pytest.fixture
def site() -> Iterator[tuple[Writers, embedded.Cluster]]:
    """A site on a private server of its own, and who is going to write there."""
    get_user_model().objects.create_superuser("admin")
    printed = StringIO()
    call_command("create_token", "admin", stdout=printed)
    source, speakers = make.make_source(), [make.make_actor() for _ in range(MEMBERS)]
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
    """The slugs of the claims that are there, with the number of their assertions; none is lost by a mere setting."""
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
    assert not set(writers.acknowledged) - set(found), "acknowledged, and gone"
    assert set(found.values()) == {MEMBERS}, "half a write"
    assert writers.refused <= {503}


def test_killed_workers(site: tuple[Writers, embedded.Cluster]) -> None:
    writers, cluster = site
    with writers:
        writers.more()
        old = {worker.pid for worker in writers.server.workers()}
        for worker in old:
            os.kill(worker, signal.SIGKILL)
            writers.more()
        for _ in range(50):  # until one was killed that was at work just then
            writers.server.wait(workers=2)
            if writers.interrupted:
                break
            os.kill(writers.server.workers()[0].pid, signal.SIGKILL)
            writers.more()
        assert writers.interrupted
        assert not old & {worker.pid for worker in writers.server.workers()}
    check(writers, cluster)
    assert not writers.refused


def test_killed_postgresql(site: tuple[Writers, embedded.Cluster]) -> None:
    """First one of its processes, on which it restarts by itself; then all at once, and the site starts it anew."""
    writers, cluster = site
    with writers:
        writers.more()
        for everything in (False, True):
            master = psutil.Process(int((cluster.path / "postmaster.pid").read_text().split()[0]))
            # backends show the database that they serve
            backends = [one for one in master.children() if embedded.DATABASE in " ".join(one.cmdline())]
            assert backends
            writers.refused.clear()
            for process in [master, *master.children()] if everything else backends[:1]:
                process.kill()
            writers.wait_until(lambda: bool(writers.refused))
            writers.more()
    check(writers, cluster)
