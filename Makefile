# Everything starts here. Needed: python3 (3.11 or newer) with venv and pip, and a package index.

PYTHON ?= python3
UV_VERSION := 0.13.9
VENV := .venv
INSTALLED := $(VENV)/.installed
PY := $(VENV)/bin/python
SYNC = env -u VIRTUAL_ENV UV_PROJECT_ENVIRONMENT=$(VENV) UV_PYTHON_DOWNLOADS=never \
	$(VENV)/bin/uv sync --locked --quiet --python $(PY)

# What must not depend on the shell's environment runs in the embedded profile with a state folder of its own.
ALONE := env -u DATABASE_URL -u REDIS_URL -u BROKER_URL PETIOLE_STATE=$(CURDIR)/$(VENV)/check-state
DEPLOYED := env DATABASE_URL=postgresql://petiole@db.example.org/petiole REDIS_URL=redis://redis.example.org/0 \
	PETIOLE_HOSTS=petiole.example.org PETIOLE_SECRET_KEY=a-check-reads-this-key-and-nothing-was-ever-signed-with-it-7391

.PHONY: demo up test check conformance chaos bench clean

demo: $(INSTALLED)  ## Import an agent graph, run it on real workers, print its outputs
	@$(PY) manage.py demo

up: $(INSTALLED)  ## Start everything; http://127.0.0.1:8000
	@$(PY) manage.py up $(ARGS)

test: $(INSTALLED)  ## All tests, those with worker processes included; make test ARGS="-k name"
	$(PY) -m pytest $(ARGS)

check: $(INSTALLED)  ## Style, types, import directions, migrations, deployment, API schema, compose file
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(ALONE) $(VENV)/bin/mypy
	$(ALONE) $(VENV)/bin/lint-imports
	$(ALONE) $(PY) manage.py makemigrations --check --dry-run
	$(ALONE) $(DEPLOYED) $(PY) manage.py check --deploy --fail-level WARNING
	$(ALONE) $(PY) manage.py spectacular --validate --fail-on-warn --file /dev/null
	@if docker compose version >/dev/null 2>&1; then \
		PETIOLE_SECRET_KEY=x PETIOLE_ENCRYPTION_KEYS=x PETIOLE_HOSTS=x POSTGRES_PASSWORD=x docker compose config --quiet; \
	else echo "docker compose is not installed: the tests alone have read compose.yaml"; fi

conformance: $(INSTALLED)  ## The black-box suite against a stack of its own; SCENARIOS=DIR for other scenarios
	@$(PY) -m tests.conformance $(SCENARIOS)

chaos: $(INSTALLED)  ## Kill and disturb everything in a stack of its own, compare every run; ARGS="--minutes 30"
	@$(PY) manage.py chaos $(ARGS)

bench: $(INSTALLED)  ## Measure, next to raw Celery on the same broker
	@$(PY) -m bench $(ARGS)

clean:  ## Remove what was installed and generated; the state folder .petiole stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist

$(INSTALLED): pyproject.toml uv.lock
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) was not found: Petiole needs Python 3.11 or newer." >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Petiole needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12" >&2; exit 2; }
	@test -x $(PY) || $(PYTHON) -m venv $(VENV) || { \
		echo "$(PYTHON) cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2; exit 2; }
	@$(PY) -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(SYNC) --system-certs || { echo "once more, with the certificates that uv brings along" >&2; $(SYNC); }
	@touch $@
