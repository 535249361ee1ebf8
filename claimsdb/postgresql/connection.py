"""Connections that start the private server when it isn't running, and errors that people understand."""

from pathlib import Path
from typing import Any

import psycopg
from django.db import OperationalError, connections

from claimsdb import embedded


class Unusable(OperationalError):
    """No PostgreSQL to work with. The message is one line, says what to do, and holds no password."""


class Connection(psycopg.Connection):
    @classmethod
    def connect(  # type: ignore[override]
        cls, conninfo: str = "", *, cluster: embedded.Cluster | None = None, **kwargs: Any
    ) -> psycopg.Connection:
        """psycopg's `connect()`; with a `cluster`, its server is started if it can't be reached."""
        if cluster is None:
            return super().connect(conninfo, **kwargs)
        if cluster.may_start:
            cluster.hold()
        try:
            return super().connect(conninfo, **kwargs)
        except psycopg.OperationalError:
            cluster.start()
            return super().connect(conninfo, **kwargs)


_clusters: dict[Path, embedded.Cluster] = {}


def cluster_in(path: Path) -> embedded.Cluster:
    """The one object that stands for the cluster in `path` in this process."""
    return _clusters.setdefault(path, embedded.Cluster(path, before_stop=close_connections))


def close_connections() -> None:
    """Close what this process has open, so that nothing connects anew to a server that is being stopped."""
    connections.close_all()
    for connection in connections.all(initialized_only=True):
        connection.close_pool()  # type: ignore[attr-defined]
