"""The server's worker with bounds low enough for tests. It keeps a megabyte per client and two in all."""

from claimsdb import worker
from claimsdb.worker import Worker

worker.CLIENT_BYTES, worker.WORKER_BYTES = 1 << 20, 2 << 20

__all__ = ["Worker"]
