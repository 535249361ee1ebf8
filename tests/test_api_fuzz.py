"""The running server keeps to its own OpenAPI document, whatever schemathesis sends to it."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from tests.api import RESOURCES
from tests.running import serving, test_database

CONFIG = Path(__file__).with_name("schemathesis.toml")
#: examples an operation and phase; `make fuzz` asks for more
EXAMPLES = int(os.environ.get("FUZZ", "5"))


def token():
    """A new one, of an administrator."""
    User.objects.create_superuser("fuzz", password="x")
    printed = io.StringIO()
    call_command("create_token", "fuzz", stdout=printed)
    return printed.getvalue().strip()


@pytest.mark.django_db(transaction=True)
def test_the_server_keeps_to_its_description(tmp_path):
    for resource in RESOURCES.values():
        resource.make()
    environment = os.environ | {"FUZZ_TOKEN": token()}
    with serving(tmp_path, database=test_database()) as server:
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", CONFIG, "run", "--no-color"]
        command += [f"--max-examples={EXAMPLES}", "--workers=2", *os.environ.get("FUZZ_MORE", "").split()]
        run = subprocess.run(
            [*command, f"{server.url}/api/v1/schema/"],
            env=environment,
            cwd=CONFIG.parent.parent,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    assert run.returncode == 0, run.stdout
