"""Requirements, the image and the compose file."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
SECRETS = {"SECRET_KEY", "POSTGRES_PASSWORD", "PGPASSWORD"}


def services() -> dict[str, dict]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


@pytest.mark.parametrize("name", ["base", "dev"])
def test_requirements_are_pinned_with_hashes_and_contain_no_urls(name: str) -> None:
    text = (ROOT / f"requirements/{name}.txt").read_text()
    entries = [entry for entry in re.split(r"\n(?=\S)", text) if not entry.startswith("#")]
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+==\S+ (?:; [^\\]+)?\\\n +--hash=sha256:[0-9a-f]{64}", entry), entry
    assert not re.search(r"://|@ |--(?:extra-)?index|find-links|trusted-host", text)


@pytest.mark.parametrize("name", ["base", "dev"])
def test_each_requirement_has_a_reason(name: str) -> None:
    for line in (ROOT / f"requirements/{name}.in").read_text().splitlines():
        assert not line or line.startswith(("#", "-r ")) or re.search(r"\S +# \w", line), line


def test_compose_requires_secrets_from_the_environment() -> None:
    given = {
        name: value
        for service in services().values()
        for name, value in service["environment"].items()
        if name in SECRETS
    }
    assert given.keys() == SECRETS
    for value in given.values():
        assert re.fullmatch(r"\$\{\w+:\?.+\}", value)


def test_compose_checks_health_keeps_data_and_listens_on_localhost_only() -> None:
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert all("healthcheck" in service for service in services().values())
    assert services()["web"]["depends_on"]["db"]["condition"] == "service_healthy"
    assert services()["db"]["volumes"][0].split(":")[0] in document["volumes"]
    assert "ports" not in services()["db"]
    assert services()["web"]["ports"] == ["127.0.0.1:${PORT:-8000}:8000"]


def test_the_image_runs_as_an_ordinary_user_and_contains_no_secret() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users
    assert users[-1] not in ("root", "0")
    assert not [line for line in lines if re.match(r"(?:ENV|ARG)\b.*(?:SECRET|PASSWORD|TOKEN)", line)]
    ignored = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert ignored[0] == "*"
    assert not {"!.data", "!.git", "!.env"} & set(ignored)


def test_the_compose_file_is_valid() -> None:
    environment = {"PATH": os.environ["PATH"], "SECRET_KEY": "s", "POSTGRES_PASSWORD": "p"}
    for compose in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(compose[0]) and not subprocess.run([*compose, "version"], capture_output=True).returncode:
            break
    else:
        pytest.skip("Docker Compose is not installed")
    command = [*compose, "--file", "docker-compose.yml", "config", "--quiet"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    del environment["SECRET_KEY"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode != 0
    assert "Set SECRET_KEY" in done.stderr
