"""The server's worker with deadlines that a test can wait for."""

from claimsdb import worker
from claimsdb.worker import Worker

worker.HEAD, worker.BODY, worker.SEND = 1, 2, 2

__all__ = ["Worker"]
