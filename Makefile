# Doors of the project. Each target does all of its own set-up; a second run reuses what is there.
#   make demo      the whole main job on synthetic files, then the line that opens the dashboard
#   make test      every check and every test that a change must pass (at most 15 minutes)
#   make check     the checks alone: lint, SQL lint, import direction, generated pages
#   make bench     the measurements that docs/benchmarks.md (ACCOUNTS=2000000, RECONCILED=200000 for other sizes) and docs/readings.md show
#   make torture   the long runs of tests that `make test` runs a slice of
#   make manifest  dbt's manifest, which the asset graph is read from
#   make lock      requirements.lock anew from pyproject.toml
#   make clean     removes what was installed and built here, not the database (`wattbook db reset` does that)

SHELL := /bin/sh
.SHELLFLAGS := -euc
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help demo test check bench torture manifest lock clean browser

PYTHON ?= python3
ACCOUNTS ?= 200000
RECONCILED ?= 2000000
BIN := .venv/bin
INSTALLED := .venv/installed

# SQL that people write; what dbt and Alembic generate is not linted.
SQL_FOLDERS := $(wildcard operational_db dbt_project/models dbt_project/macros dbt_project/tests)

# Pages and files that a program writes: each command exits with 1 when its page is out of date. One command a line.
define GENERATED_PAGE_CHECKS
python -m operational_db.schema.picture --check
python -m orchestration.graph_listing --check
python -m tests.requirements_page --check
python -m legacy_migration.profile_language.schema --check
python -m legacy_migration.profile_language.page --check
python -m orchestration.benchmarks.injected_faults --check
endef
export GENERATED_PAGE_CHECKS

help:
	@sed -n 's/^#   //p' Makefile

demo: $(INSTALLED)
	$(BIN)/wattbook demo

# A file of tests stays in one process, since its tests may share a database; each process has a server of its own.
test: check browser
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/sqlfluff lint --disable-progress-bar $(SQL_FOLDERS)
	$(BIN)/lint-imports --no-logo
	@printf '%s\n' "$$GENERATED_PAGE_CHECKS" | while read -r command; do \
	    [ -z "$$command" ] || { echo "$$command"; sh -c "PATH=$(CURDIR)/$(BIN):$$PATH $$command"; }; done

bench: $(INSTALLED)
	$(BIN)/wattbook bench --accounts $(ACCOUNTS)
	$(BIN)/python -m orchestration.benchmarks.reading_judge
	$(BIN)/python -m orchestration.benchmarks.reading_file
	$(BIN)/python -m orchestration.benchmarks.closing
	$(BIN)/python -m orchestration.benchmarks.injected_faults
	$(BIN)/python -m orchestration.benchmarks.power_flow
	$(BIN)/python -m orchestration.benchmarks.migration_load --rows 400000
	$(BIN)/python -m orchestration.benchmarks.migration_load --rows 4000000
	$(BIN)/python -m orchestration.benchmarks.reconciliation --rows $(RECONCILED)

torture: $(INSTALLED)
	$(BIN)/pytest -m torture

manifest: $(INSTALLED)
	$(BIN)/python -c 'from operational_db.settings import load_settings; from orchestration.dbt_runs import write_manifest; write_manifest(load_settings())'

# The lock is hashes of files, not addresses: which index they come from is the machine's own setting.
lock: $(INSTALLED)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --group dev pyproject.toml \
	    -o requirements.lock --no-emit-index-url

clean:
	rm -rf .venv build dist ./*.egg-info dbt_project/target dbt_project/logs
	rm -rf .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Bytecode is compiled while installing: without it every process would compile every import anew.
$(INSTALLED): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || \
	    { echo "Wattbook needs Python 3.11, 3.12 or 3.13, and $(PYTHON) was not found: install it, or run make PYTHON=/path/to/python3."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	    { echo "Wattbook needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is $$($(PYTHON) --version 2>&1): run make PYTHON=/path/to/python3."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	    { echo "$(PYTHON) cannot make a virtual environment: install its venv module (on Debian and Ubuntu: apt-get install python3-venv)."; exit 1; }
	@[ -x $(BIN)/pip ] || { rm -rf .venv; $(PYTHON) -m venv .venv; }
	$(BIN)/pip install --quiet --disable-pip-version-check "uv>=0.9"
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

# Browser tests need Chromium and a font, PDF needs Pango. Only root can install them; without them those tests skip by
# name, except in CI.
browser: $(INSTALLED)
	@if $(BIN)/python -m operational_db.chromium && $(BIN)/python -m operational_db.pango; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing Chromium for the browser tests and Pango for PDF."; \
	    apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends chromium libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core >/dev/null; \
	else \
	    echo "Chromium or Pango is not installed, so browser tests or those of PDF will be skipped: have root install them (on Debian: apt-get install chromium libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core)."; \
	    [ "$${CI:-}" != true ]; \
	fi
