# The words of this project. `make run` and `make test` are all a fresh machine needs to know.

PYTHON ?= python3
SUITE ?=
HOST ?= 127.0.0.1
PORT ?= 5000
BIN := .venv/bin

.PHONY: setup run test test-all check format lock bench bench-size docs screenshots words vendor conformance clean

setup: .venv/.ready

# pip proves each download by its hash, so berth itself is installed apart, with nothing left to fetch. It is compiled
# here, as pip compiles the others, for where Python may write no bytecode by itself every start would do it anew.
.venv/.ready: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "berth needs Python 3.11 or newer; say make PYTHON=...")'
	@test -x $(BIN)/pip || { $(PYTHON) -m tests.packages setup && $(PYTHON) -m venv .venv; }
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-index --no-build-isolation -e .
	@$(BIN)/python -m compileall -q src tests
	@touch $@

run: setup
	$(BIN)/berth serve --data ./data --host $(HOST) --port $(PORT) --starter

test: setup
	$(BIN)/python -m tests.packages test
	$(BIN)/pytest -n auto

# What is long: every state and width of the console, and many more random cases.
test-all: setup
	$(BIN)/python -m tests.packages test
	HYPOTHESIS_PROFILE=long $(BIN)/pytest -n auto --timeout 3600

check: setup
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: setup
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

lock:
	requirements/lock

bench: setup
	$(BIN)/python -m tests.packages bench
	$(BIN)/python -m bench
	$(BIN)/python -m bench.size.console
	$(BIN)/python -m bench.scan

bench-size: setup
	$(BIN)/python -m tests.packages test
	$(BIN)/python -m bench.size

docs: setup
	$(BIN)/python -m docs.make

screenshots: setup
	$(BIN)/python -m tests.packages test
	$(BIN)/python -m docs.screenshots

# Gathers the console's sentences into its catalogues, and says how many have no translation.
words: setup
	$(BIN)/python -m docs.catalogues

# The files of others that the console and its tests have copies of. Needs npm.
vendor: setup
	$(BIN)/python -m docs.vendor

conformance: setup
	$(BIN)/python -m tests.conformance $(SUITE)

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
