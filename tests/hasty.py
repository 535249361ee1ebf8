"""The server's worker with deadlines short enough for tests."""

from claimsdb import worker
from claimsdb.worker import Worker

worker.HEAD_TIMEOUT, worker.BODY_TIMEOUT, worker.SEND_TIMEOUT = 1, 2, 1

__all__ = ["Worker"]
