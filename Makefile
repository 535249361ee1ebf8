# `make run` and `make test` need Python 3.11 to 3.14 and nothing else. The other targets are for development.

PORT ?= 8000
# Number of test processes; each has its own database.
WORKERS ?= 2
# The newest installed Python that the pinned packages have wheels for.
PYTHONS := python3.14 python3.13 python3.12 python3.11 python3
PYTHON ?= $(shell for python in $(PYTHONS); do \
	$$python -c 'import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' >/dev/null 2>&1 && echo $$python && break; done)
DATA := $(if $(CLAIMSDB_DATA),$(CLAIMSDB_DATA),$(CURDIR)/.data)
TEXTS := $(if $(CLAIMSDB_TEXTS),$(CLAIMSDB_TEXTS),$(wildcard $(CURDIR)/../shared/seeds))
IN_ENV := .venv/bin/python
MANAGE := $(IN_ENV) manage.py

.DELETE_ON_ERROR:
.PHONY: help run test prove fuzz bench ablations checks browser lint requirements clean

help:
	@echo "make run           install, load the record and serve it on http://127.0.0.1:$(PORT)/ (PORT=8001 for another port)"
	@echo "make test          install, and run every check and test"
	@echo "make prove         the long tests: fuzz, and the tests with random inputs with a hundred times as many"
	@echo "make fuzz          test the running API against its OpenAPI document: FUZZ=100 examples per operation"
	@echo "make bench         install, and measure how fast the API is with up to a million claims (bench/README.md)"
	@echo "make ablations     measure what each optimisation is worth, by switching it off"
	@echo "make checks        only the checks: ruff, mypy, layers, migrations, settings, the OpenAPI document"
	@echo "make browser       install Chromium for the browser tests (as root on Debian and Ubuntu)"
	@echo "make lint          format the code, fix what can be fixed, and report the rest"
	@echo "make requirements  pin the newest versions of the packages in requirements/*.in"
	@echo "make clean         remove what was installed and built; keep the data in .data"

# Stamps of what is installed. A list of packages is installed again only when it changes.

.venv/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 to 3.14 with venv is required, but none of $(PYTHONS) was found to work. On Debian and Ubuntu: apt-get install python3 python3-venv. Elsewhere: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' || { echo "Python 3.11 to 3.14 is required, but $(PYTHON) is another version." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) can't make virtual environments. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/base: requirements/base.txt | .venv/python
	$(IN_ENV) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt
	@touch $@

.venv/dev: requirements/base.txt requirements/dev.txt | .venv/python
	$(IN_ENV) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@ .venv/base

.venv/bench: requirements/base.txt requirements/bench.txt | .venv/python
	$(IN_ENV) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $@ .venv/base

# The secret key of this installation, readable by its owner only.
$(DATA)/secret_key: | .venv/python
	@mkdir -p "$(DATA)"
	@umask 077 && $(IN_ENV) -c 'import secrets; print(secrets.token_urlsafe(50), end="")' >"$@"

# Collected again only when the static files of the application or of the installed packages may have changed.
staticfiles/staticfiles.json: export SECRET_KEY_FILE ?= $(DATA)/secret_key
staticfiles/staticfiles.json: .venv/base $(shell find claims/static -type f) | $(DATA)/secret_key
	@$(MANAGE) collectstatic --noinput --clear --verbosity 0
	@touch $@

run: export HTTPS ?= off
run: export PORT := $(PORT)
run: export SECRET_KEY_FILE ?= $(DATA)/secret_key
run: .venv/base staticfiles/staticfiles.json
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) load_seeds
	@$(MANAGE) ensure_admin
	@exec $(IN_ENV) -m gunicorn

test: export CLAIMSDB_TEXTS := $(TEXTS)
test: checks browser
	$(IN_ENV) -m pytest -n $(WORKERS) --dist loadgroup

# Slow and thorough: a long fuzz run, and a hundred times as many random inputs.
prove: export CLAIMSDB_TEXTS := $(TEXTS)
prove: export PROVE := on
prove: fuzz
	$(IN_ENV) -m pytest -n $(WORKERS) --dist loadgroup -m hypothesis

fuzz: export FUZZ := $(if $(FUZZ),$(FUZZ),100)
fuzz: .venv/dev
	$(IN_ENV) -m pytest tests/rest/test_fuzz.py tests/rest/test_bodies.py

# Some tests open the admin in Chromium. Without it they are skipped, and the test run says so.
browser:
	@if ! command -v chromium >/dev/null && command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		echo "Installing Chromium for the browser tests"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium fonts-liberation >/dev/null || true; \
	fi

# Numbers of claims, rounds of load per figure, and seconds per round. Smaller values make a quick trial.
SIZES ?= 100000 1000000
ROUNDS ?= 5
DURATION ?= 2
REPORT ?= docs/performance

bench: .venv/bench staticfiles/staticfiles.json
	@if ! command -v wrk >/dev/null && command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		echo "Installing wrk, the load generator"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends wrk >/dev/null || true; \
	fi
	$(IN_ENV) -m bench $(SIZES) --rounds $(ROUNDS) --seconds $(DURATION) --data "$(DATA)" --report "$(REPORT)"

ablations: .venv/bench staticfiles/staticfiles.json
	$(IN_ENV) -m bench $(firstword $(SIZES)) --ablations --data "$(DATA)" --report "$(REPORT)"

checks: export SECRET_KEY ?= for checks only: 0123456789 abcdefghijklmnopqrstuvwxyz
checks: .venv/dev
	$(IN_ENV) -m ruff check
	$(IN_ENV) -m ruff format --check
	$(IN_ENV) -m mypy
	.venv/bin/lint-imports --no-cache
	$(MANAGE) makemigrations --check
	$(MANAGE) check --deploy --fail-level WARNING
	$(MANAGE) spectacular --validate --fail-on-warn --file /dev/null

lint: .venv/dev
	$(IN_ENV) -m ruff format
	$(IN_ENV) -m ruff check --fix
	$(IN_ENV) -m mypy

COMPILE := $(IN_ENV) -m piptools compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options

requirements: .venv/dev
	$(COMPILE) --output-file requirements/base.txt requirements/base.in
	$(COMPILE) --output-file requirements/dev.txt requirements/dev.in
	$(COMPILE) --output-file requirements/bench.txt requirements/bench.in

clean:
	rm -rf .venv staticfiles .mypy_cache .ruff_cache .pytest_cache .hypothesis
