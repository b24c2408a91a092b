# make run       load, balance, train, evaluate: all notebooks in order
# make test      tests, style, and types
# make lab       JupyterLab, to step through the notebooks
# make webcam    the live webcam as a page of its own
# make lock      pin the versions again (needs uv)
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PROFILE ?= quick

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock

.PHONY: run test lab webcam lock

run: $(VENV)/.ready
	$(BIN)/fer-utils run --profile $(PROFILE)

test: $(VENV)/.ready-to-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n auto --dist loadscope --no-loadscope-reorder

lab: $(VENV)/.ready
	$(BIN)/jupyter lab notebooks

webcam: $(VENV)/.ready
	$(BIN)/fer-utils app

$(VENV)/.ready: pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(PIP) -e '.[train]'
	touch $@

$(VENV)/.ready-to-test: $(VENV)/.ready
	$(PIP) -e '.[test]'
	touch $@

lock:
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --no-emit-index-url \
		--no-emit-find-links --no-header --no-annotate --quiet -o requirements.lock
