# `make run` and `make test` need Python 3.11 or later, and nothing else. The rest is for who changes the code.

PORT ?= 8000
# processes that tests run in; each has a database of its own
WORKERS ?= 2
# The newest Python that works here and that the pinned packages have wheels for.
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
	@echo "make prove         what takes longer: fuzz, and a hundred times as many random inputs in the tests that have them"
	@echo "make fuzz          hold the running API against its own description for longer: FUZZ=100 examples an operation"
	@echo "make ablations     measure what each trick for speed is worth, by switching it off"
	@echo "make checks        only the checks: ruff, mypy, layers, migrations, settings, the OpenAPI document"
	@echo "make browser       install Chromium for the tests that look at pages (as root on Debian and Ubuntu)"
	@echo "make bench         install, and measure how fast the API answers with up to a million claims (bench/README.md)"
	@echo "make lint          put the code into shape, and say what is wrong with it"
	@echo "make requirements  pin the newest versions of what requirements/*.in name"
	@echo "make clean         remove what was installed and built; the data in .data stay"

# What is installed, and from which list: installed again only when that list changes.

.venv/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 to 3.14 with venv is needed, and none of $(PYTHONS) is one. On Debian and Ubuntu: apt-get install python3 python3-venv. Elsewhere: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' || { echo "Python 3.11 to 3.14 is needed, and $(PYTHON) is not one." >&2; exit 1; }
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

# An installation's own secret, which nobody else may read.
$(DATA)/secret_key: | .venv/python
	@mkdir -p "$(DATA)"
	@umask 077 && $(IN_ENV) -c 'import secrets; print(secrets.token_urlsafe(50), end="")' >"$@"

# Static files are collected again only when the application's own or the installed packages' may have changed.
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

# What proves more and takes long: the API held against its description at length, and many more random inputs.
prove: export CLAIMSDB_TEXTS := $(TEXTS)
prove: export PROVE := on
prove: fuzz
	$(IN_ENV) -m pytest -n $(WORKERS) --dist loadgroup -m hypothesis

fuzz: export FUZZ := $(if $(FUZZ),$(FUZZ),100)
fuzz: .venv/dev
	$(IN_ENV) -m pytest tests/rest/test_fuzz.py tests/rest/test_bodies.py

# Some tests look at the admin in Chromium. Without it they are skipped, and the test run says so.
browser:
	@if ! command -v chromium >/dev/null && command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		echo "Installing Chromium for the tests of the admin"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium fonts-liberation >/dev/null || true; \
	fi

# Numbers of claims, rounds of load a figure and their seconds; smaller ones try it out.
SIZES ?= 100000 1000000
ROUNDS ?= 5
DURATION ?= 3
REPORT ?= docs/performance

bench: .venv/bench staticfiles/staticfiles.json
	@if ! command -v wrk >/dev/null && command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		echo "Installing wrk, which makes the load"; \
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
