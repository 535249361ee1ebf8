"""The machine and versions that were measured."""

import platform
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import psycopg

PACKAGES = ("Django", "djangorestframework", "psycopg", "gunicorn", "fastapi", "uvicorn", "asyncpg")


def describe(record: psycopg.Connection[Any]) -> dict[str, Any]:
    """Processor, number of cores, memory in gigabytes, date and versions."""
    ((server,),) = record.execute("SHOW server_version").fetchall()
    return {
        "processor": processor(),
        "cores": psutil.cpu_count(),
        "memory": round(psutil.virtual_memory().total / 1e9, 1),
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "versions": {"Python": platform.python_version()}
        | {name: version(name) for name in PACKAGES}
        | {"PostgreSQL": server, "load": load_version()},
    }


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def load_version() -> str:
    """Name and version of wrk; "a loop in Python" if it isn't installed."""
    if not shutil.which("wrk"):
        return "a loop in Python"
    output = subprocess.run(["wrk", "-v"], capture_output=True, text=True).stdout  # noqa: S607
    return output.split(" [")[0] or "wrk"
