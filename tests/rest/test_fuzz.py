"""The running server keeps to its own OpenAPI document, whatever schemathesis sends to it."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from tests.client import MAKE
from tests.running import serving, test_database

CONFIG = Path(__file__).with_name("schemathesis.toml")
#: examples an operation and phase, where `make fuzz` asks for more; what `make test` has time for, without it
FUZZ = os.environ.get("FUZZ")
#: each boundary of each member makes a request or more, so that a quick run looks at an operation of each sort
SORTS = r"/topics/\{key\}/$|/actors/\{key\}/merge/$|/verdicts/\{key\}/withdraw/$|/relations/$|/errata/\{key\}/$"
#: records of each resource that it may read, change and delete
ROWS = 5
RUNS = {
    "random": ["--phases=fuzzing", f"--max-examples={FUZZ or 3}"],
    "boundaries": ["--phases=coverage", *([] if FUZZ else ["--include-path-regex", SORTS])],
    "sequences": ["--phases=stateful", f"--max-examples={FUZZ or 3}"],
}
#: one: hypothesis parses sources, which CPython 3.11 can refuse with a SystemError where two threads do so at a time
WORKERS = ["--workers=1"]


def token():
    """A new one, of an administrator."""
    User.objects.create_superuser("fuzz", password="x")
    printed = io.StringIO()
    call_command("create_token", "fuzz", stdout=printed)
    return printed.getvalue().strip()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("run", RUNS)
def test_the_server_keeps_to_its_description(run, tmp_path):
    keys = {name: [make().pk for _ in range(ROWS)] for name, make in MAKE.items()}
    environment = os.environ | {"FUZZ_TOKEN": token(), "FUZZ_KEYS": json.dumps(keys)}
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", CONFIG, "run", "--no-color", *WORKERS]
    more = [] if FUZZ else ["--no-shrink"]
    with serving(tmp_path, database=test_database()) as server:
        done = subprocess.run(
            [*command, *RUNS[run], *more, "--continue-on-failure", f"{server.url}/api/v1/schema/"],
            env=environment,
            cwd=CONFIG.parent.parent.parent,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    sys.stdout.write(done.stdout)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
