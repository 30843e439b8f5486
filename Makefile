# Every target works on a fresh clone with Python 3.11+, make and a package index.
# With uv on the PATH it is used; without it, plain venv and pip.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

.PHONY: install demo test lint bench soak reliability pictures lock clean

$(VENV)/.installed: requirements.lock pyproject.toml
ifdef UV
	uv venv --quiet --allow-existing --python $(PYTHON) $(VENV)
	VIRTUAL_ENV=$(VENV) uv pip install --quiet --require-hashes -r requirements.lock
	VIRTUAL_ENV=$(VENV) uv pip install --quiet --no-deps --no-build-isolation -e .
else
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endif
	touch $@

install: $(VENV)/.installed

demo: install
	$(BIN)/replica-bot demo

# Test modules are compiled once, not in each of the test workers and at each run.
test: export PYTHONDONTWRITEBYTECODE :=
test: install
	$(BIN)/pytest

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install
	$(BIN)/python -m tests.benchmarks

reliability: install
	$(BIN)/python -m tests.faults

pictures: install
	$(BIN)/python -m tests.pictures

soak: install
	$(BIN)/python -m tests.crashes.soak

lock:
	uv pip compile --quiet --generate-hashes --no-emit-index-url --no-annotate --no-header --universal --python-version 3.11 --extra dev -o requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
