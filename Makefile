# Relative paths alone: make cannot cope with a checkout whose own path has spaces.

PYTHON ?= python3
BIN := .venv/bin
# Two processes, each with a server of its own, on which the tests of a file follow each other.
TWO := --numprocesses 2 --dist loadfile
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help demo test test-matrix soak coverage lint type bench bench-full build clean

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-11s %s\n", $$1, $$2}' Makefile

demo: .venv/embedded.stamp ## run the whole job on an embedded PostgreSQL
	@$(BIN)/pgcache demo

test: .venv/dev.stamp ## run the tests, on an embedded PostgreSQL or on PGCACHE_TEST_DSN
	@$(BIN)/python -m pytest $(TWO)

test-matrix: .venv/dev.stamp ## run the tests on every supported PostgreSQL; TESTS="15 17 tests/integration" on some, or some of them
	@$(BIN)/python -m tests.matrix $(TWO) $(TESTS)

soak: .venv/dev.stamp ## random histories, storms and a hundred crashes for SECONDS (900), and a line of figures
	@$(BIN)/python -m tests.soak --seconds $(or $(SECONDS),900)

coverage: .venv/dev.stamp ## tell which statements of PL/pgSQL random histories execute; needs plpgsql_check
	@$(BIN)/python -m tests.plpgsql.coverage

lint: .venv/dev.stamp ## check the style
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

type: .venv/dev.stamp ## check the types
	@$(BIN)/mypy

bench: .venv/dev.stamp ## measure some cases, in a few minutes
	@$(BIN)/python -m benchmarks

bench-full: .venv/dev.stamp ## measure everything, in hours, and write it into docs/reference
	@$(BIN)/python -m benchmarks --full --json docs/reference/benchmarks.json
	@$(BIN)/python -m docs.reference.generate
	@$(BIN)/python -m benchmarks.plots

build: .venv/dev.stamp ## build the wheel into dist/
	@$(BIN)/python -m build --wheel --no-isolation

clean: ## remove what the other targets have made
	@rm -rf .venv dist

# The extra that is named, installed from the checkout; again when pyproject.toml changes.
.venv/%.stamp: pyproject.toml | $(BIN)/pip
	@echo "Installing pgcache[$*] into .venv" >&2
	@$(BIN)/python -m pip install --quiet --editable '.[$*]'
	@touch $@

# Debian takes ensurepip out of python3, so that venv has no pip to install; another pip will do.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "pgcache needs Python 3.11 or newer; name one: make PYTHON=python3.11" >&2; exit 1; }
	@if $(PYTHON) -c 'import ensurepip' 2>/dev/null; then \
		$(PYTHON) -m venv --clear .venv; \
	elif $(PYTHON) -m pip --version >/dev/null 2>&1; then \
		$(PYTHON) -m venv --clear --without-pip .venv && \
		$(PYTHON) -m pip --python $(BIN)/python install --quiet pip; \
	else \
		echo "Python can make no virtual environment; run: apt-get install python3-venv" >&2; exit 1; \
	fi
