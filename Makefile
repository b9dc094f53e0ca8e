# Everything runs from here; `make help` lists it. Python 3.11 or newer with venv is all it needs, and
# node for checking the scripts.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2
# Where it is set, each command would compile everything anew: that costs a test two seconds.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test static check coverage format lint web js words types migrations deploy schema fuzz bench \
  clients e2e readerkit cluster cluster-test lock clean

help: ## List the commands
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/runtime.stamp: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "TrackXpert needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt | $(VENV)/runtime.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

run: $(VENV)/runtime.stamp ## Start everything on http://127.0.0.1:8000 (PORT); Ctrl-C stops it
	@exec $(BIN)/python manage.py serve --die-with-parent

test: $(VENV)/dev.stamp ## Run the whole test suite on PostgreSQL
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

# What needs no tests to say so. Types take one processor for minutes: `make -j 2 static`
# runs the others beside them.
static: types lint web migrations schema deploy js

check: static test ## Format, lint, types, migrations, deploy checks, tests

# Without node it is said and left out, but never in CI. The product itself needs no node.
NEEDS_NODE = @command -v npm >/dev/null || { \
	  echo "make $@ needs node 18 or newer with npm (Debian: apt-get install nodejs npm); left out."; \
	  test "$$CI" != true; exit; \
	}; $(MAKE) --no-print-directory --silent node_modules/.stamp || exit;

format: $(VENV)/dev.stamp ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(NEEDS_NODE) node_modules/.bin/biome check --write .

lint: $(VENV)/dev.stamp ## Format and errors of Python and templates, and which way imports point
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/djlint --lint --quiet .
	@mkdir -p var
	$(BIN)/lint-imports --no-cache --no-logo >var/imports.txt || { cat var/imports.txt; exit 1; }

node_modules/.stamp: package.json package-lock.json
	npm ci --loglevel=error >/dev/null
	@touch $@

web: ## Format and errors of scripts and styles
	$(NEEDS_NODE) node_modules/.bin/biome check --error-on-warnings .

js: ## Run the tests of the scripts
	$(NEEDS_NODE) node --test --test-reporter=spec */tests/*.test.js

words: $(VENV)/dev.stamp ## Bring locale/ into step with the words in the code; then translate what is empty there
	@command -v msgmerge >/dev/null || { echo "make words needs gettext (Debian: apt-get install gettext)."; exit 1; }
	$(BIN)/python -m tools.words

types: $(VENV)/dev.stamp
	$(BIN)/mypy .

migrations: $(VENV)/dev.stamp
	$(BIN)/python manage.py makemigrations --check --dry-run

schema: $(VENV)/dev.stamp
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file var/schema.yml

# The deploy checks, under the settings of a public server, without the demo that may be in var/. Its database lies
# within that folder, which a server closes when it starts: so nothing of it stays.
deploy: export TRACKXPERT_STATE := $(or $(TRACKXPERT_STATE),var)/deploy
deploy: $(VENV)/dev.stamp
	PUBLIC_URL=https://cards.example.org TRACKXPERT_DEMO=0 \
	  SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(48))') \
	  $(BIN)/python manage.py check --deploy --fail-level WARNING
	@$(BIN)/python -m embedded.postgres stop
	@rm -rf "$$TRACKXPERT_STATE"

coverage: $(VENV)/dev.stamp ## Show what the tests do not run; ARGS=students for one app
	@mkdir -p var
	$(BIN)/coverage erase
	-$(BIN)/coverage run -m pytest -n $(JOBS) --dist worksteal $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

bench: $(VENV)/dev.stamp ## Measure, as ratios to pgbench in the same run
	$(BIN)/python -m tools.bench $(ARGS)

fuzz: $(VENV)/dev.stamp ## Ask every operation of the schema what it allows and forbids
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -p schemathesis.pytest.plugin tools/fuzz $(ARGS)

clients: $(VENV)/dev.stamp ## Make the Python and the TypeScript client, and try both on a running server
	$(NEEDS_NODE) $(BIN)/python -m tools.clients $(ARGS)

e2e: $(VENV)/dev.stamp ## Real Chromium against the running product
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder tools/e2e $(ARGS)

cluster: $(VENV)/runtime.stamp ## Start a cluster on this machine: three databases, two web nodes, a proxy; Ctrl-C stops it
	@exec $(BIN)/python -m tools.cluster run $(ARGS)

FAULTS ?= 20
cluster-test: $(VENV)/dev.stamp ## Break a cluster on purpose while readers tap, FAULTS times, and compare
	@exec $(BIN)/python -m tools.cluster test --faults $(FAULTS) $(ARGS)

readerkit: ## Pack the conformance kit for makers of readers into docs/readers/readerkit.zip
	rm -f docs/readers/readerkit.zip
	mkdir -p var/readerkit/readerkit && cp readerkit/*.py var/readerkit/readerkit/
	printf 'import sys\n\nfrom readerkit.__main__ import main\n\nsys.exit(main())\n' >var/readerkit/__main__.py
	cd var/readerkit && python3 -m zipfile -c ../../docs/readers/readerkit.zip __main__.py readerkit/
	rm -r var/readerkit

lock: $(VENV)/dev.stamp ## Pin the newest versions that fit requirements*.in
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --upgrade -o requirements.txt requirements.in
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --upgrade -o requirements-dev.txt requirements-dev.in
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --upgrade -o clients/python/requirements.txt clients/python/requirements.in

clean: ## Remove the virtual environment and caches; var/ with your data stays
	rm -rf $(VENV) node_modules .mypy_cache .pytest_cache .ruff_cache
