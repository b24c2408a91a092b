# make run       load, balance, train, evaluate: all notebooks in order
# make test      tests, style, and types
# make lab       JupyterLab, at a page that says where to begin
# make webcam    the live webcam as a page of its own
# make site      this project as a web site, in build/site (runs all notebooks on drawn faces first)
# make lock      pin the versions again (needs uv)
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PROFILE ?= quick

SITE_RUN := runs/site
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock

.PHONY: run test lab webcam site lock

run: $(VENV)/.ready
	$(BIN)/fer-utils run --profile $(PROFILE)

test: $(VENV)/.ready-to-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n auto --dist loadscope --no-loadscope-reorder

lab: $(VENV)/.ready
	$(BIN)/jupyter lab notebooks --LabApp.default_url=/lab/tree/start.ipynb

webcam: $(VENV)/.ready
	$(BIN)/fer-utils app

site: $(VENV)/.ready-for-site $(SITE_RUN)/.executed
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict -f docs/site/mkdocs.yml

$(SITE_RUN)/.executed: $(shell find notebooks fer_utils -name '*.ipynb' -o -name '*.py')
	rm -rf $(SITE_RUN)
	$(BIN)/python docs/site/execute.py $(SITE_RUN)
	touch $@

$(VENV)/.ready: pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(PIP) -e '.[train]'
	touch $@

$(VENV)/.ready-to-test: $(VENV)/.ready
	$(PIP) -e '.[test]'
	touch $@

$(VENV)/.ready-for-site: $(VENV)/.ready
	$(PIP) -e '.[site]'
	touch $@

lock:
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --no-emit-index-url \
		--no-emit-find-links --no-header --no-annotate --quiet -o requirements.lock
