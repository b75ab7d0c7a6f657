# Developer chores; bare `make` lists them. Everything is installed into .venv, with uv where it is there.

SHELL := /bin/sh
.DEFAULT_GOAL := help

UV := $(shell command -v uv 2>/dev/null)
# The first Python of at least 3.11 that really starts (a version manager's stub may be on the PATH without a Python).
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$p"; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin

# Names and versions of all that is installed below, also to build the package; `make upgrade` renews them.
CONSTRAINTS := .ci/constraints.txt
export PIP_CONSTRAINT := $(CONSTRAINTS)
export PIP_BUILD_CONSTRAINT := $(CONSTRAINTS)
export UV_CONSTRAINT := $(CONSTRAINTS)
export UV_BUILD_CONSTRAINT := $(CONSTRAINTS)

ifneq ($(UV),)
PIP = VIRTUAL_ENV=$(VENV) "$(UV)" pip
MAKE_VENV = "$(UV)" venv --quiet --clear --python "$(PYTHON)" $(VENV)
else
PIP = $(BIN)/python -m pip --disable-pip-version-check
MAKE_VENV = "$(PYTHON)" -m venv --clear $(VENV)
endif
INSTALL = $(PIP) install --quiet

.PHONY: $(shell awk -F: '/^[a-z-]+:.*\#\# / { print $$1 }' $(MAKEFILE_LIST))

# What was installed into an environment whose Python is gone by now is gone too.
$(shell test -x $(BIN)/python || rm -f $(VENV)/.run $(VENV)/.dev)

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# An environment that is not complete (.half), or does not work, is made anew.
$(VENV)/.run: EXTRA = dry-run
$(VENV)/.dev: EXTRA = dev
$(VENV)/.run $(VENV)/.dev: pyproject.toml $(CONSTRAINTS)
	@test -n "$(PYTHON)" || { echo "jsnpy needs Python 3.11 or newer: install it, or name it: make PYTHON=/path/to/python3"; exit 1; }
	@{ test ! -e $(VENV)/.half && $(BIN)/python -c '' && $(PIP) list; } >/dev/null 2>&1 || $(MAKE_VENV)
	@touch $(VENV)/.half
	$(INSTALL) --editable '.[$(EXTRA)]'
	@rm $(VENV)/.half && touch $@ $(VENV)/.run

run: $(VENV)/.run ## the main job: JsN's own example, against an SMTP server inside jsnpy
	$(BIN)/jsnpy configs/CaEmail.json --dry-run

test: $(VENV)/.dev ## the whole suite
	@command -v npm >/dev/null && $(MAKE) --no-print-directory node-tools || echo "no TypeScript: its tests are skipped"
	@PYTHONPATH=tests $(BIN)/python tests/support/redis_server.py
	$(BIN)/python -m pytest -n auto --dist worksteal

test-quickjs: ## the whole suite on the original quickjs instead of quickjs-ng
	$(MAKE) VENV=.venv-quickjs .venv-quickjs/.original
	.venv-quickjs/bin/python -m pytest -n auto --dist worksteal

.venv-quickjs/.original: $(VENV)/.dev
	$(PIP) uninstall --quiet --yes quickjs-ng quickjs
	$(INSTALL) quickjs==1.19.4
	@touch $@

test-kills: $(VENV)/.dev ## the outbox, killed at every system call of a send and of a flush, and crowded (8 minutes)
	OUTBOX_KILLS=all $(BIN)/python -m pytest -n auto -s tests/outbox/test_outbox_kills.py

test-faults: $(VENV)/.dev ## cut, reset, stall, delay, flip a session at every byte (4 minutes)
	$(BIN)/python tests/faults/every_position.py

test-servers: $(VENV)/.dev ## real servers, fetched into .cache: Exim, Postfix, smtp-server; oidc-provider with Dovecot
	$(BIN)/python -m pytest -m servers -rs tests/servers

test-windows: $(VENV)/.dev ## what Windows decides, with Windows' own Python under Wine, fetched into .cache (3 minutes; ALL=1: the whole suite; VERSION=3.11)
	PYTHONPATH=tests $(BIN)/python .ci/windows/suite.py $(if $(ALL),--all) $(if $(VERSION),--python $(VERSION))

windows: $(VENV)/.dev ## dist/jsnpy-VERSION-win64.zip: JsN.exe and all it needs, built on Linux
	PYTHONPATH=tests $(BIN)/python .ci/windows/package.py

smoke-windows: $(VENV)/.dev ## make that zip, unpack it and use it, under Wine
	$(BIN)/python -m pytest -m windows -rs tests/windows

test-pythons: ## the suite on Python 3.11 to 3.14, in .venv-3.11 ...; a missing one is skipped
	$(PYTHON) tests/every_python.py

soak: $(VENV)/.dev ## 20,000 mails and 2,000 runs with faults among them (SOAK_MAILS, SOAK_RUNS; 10 minutes)
	$(BIN)/python tests/soak/soak.py

FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= replies sessions fields configs bridge natives tokens options addresses pages states

fuzz: ## coverage-guided fuzzing with atheris, FUZZ_SECONDS a target
	@$(MAKE) --no-print-directory VENV=.venv-fuzz .venv-fuzz/.dev
	@$(MAKE) --no-print-directory VENV=.venv-fuzz .venv-fuzz/.atheris
	@for target in $(FUZZ_TARGETS); do \
		echo "fuzzing $$target for $(FUZZ_SECONDS) s"; mkdir -p .cache/fuzz; \
		.venv-fuzz/bin/python tests/fuzz/guided.py $$target .cache/fuzz/$$target -max_total_time=$(FUZZ_SECONDS) \
			>.cache/fuzz/$$target.log 2>&1 || { tail -60 .cache/fuzz/$$target.log; exit 1; }; \
		tail -1 .cache/fuzz/$$target.log; \
	done

.venv-fuzz/.atheris:
	@$(INSTALL) --only-binary atheris atheris || { echo "atheris has no wheel for this Python: make fuzz PYTHON=python3.13 (3.11 to 3.14 have one, on Linux)"; exit 1; }
	@touch $@

test-fleet: $(VENV)/.dev ## many runs on Celery while workers are killed and brokers restarted (15 minutes); a redis-server is fetched into .cache
	@PYTHONPATH=tests $(BIN)/python tests/support/redis_server.py
	@test -x /usr/lib/rabbitmq/bin/rabbitmq-server || echo "without RabbitMQ, whose tests are skipped: apt-get install rabbitmq-server"
	$(BIN)/python -m pytest -m fleet -rs -s tests/fleet

bench-fleet: $(VENV)/.dev ## runs per second through Celery with one and two workers
	PYTHONPATH=tests $(BIN)/python tests/fleet/bench.py

upgrade: $(VENV)/.dev ## renew .ci/constraints.txt: the newest versions that pyproject.toml allows, for every Python and system
	$(INSTALL) uv
	printf '%s\n' 'atheris<3.1; python_version < "3.12"' 'atheris; python_version >= "3.12"' editables hatchling | $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
		--all-extras --no-annotate --no-header --output-file $(CONSTRAINTS) pyproject.toml -
	PYTHONPATH=tests $(BIN)/python .ci/windows/package.py --renew-wheels

check: $(VENV)/.dev ## ruff, its formatter and mypy
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

TSC := .cache/node/node_modules/typescript/bin/tsc

node-tools: $(TSC) ## TypeScript, with which the tests check the declarations (needs npm)

$(TSC):
	@npm install --silent --no-fund --no-audit --fetch-retries=1 --prefix .cache/node typescript@5.9

format: $(VENV)/.dev ## let ruff mend and format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/.dev ## measure the project as installed, beside its peers (smtplib, node + nodemailer, curl, msmtp)
	PYTHONPATH=tests $(BIN)/python tests/bench/measure.py

bench-growth: $(VENV)/.dev ## what a mail costs as mails, kept mails, recipients and bytes grow
	PYTHONPATH=tests $(BIN)/python tests/bench/growth.py

golden: ## remake what Node prints for the tests of console and language (needs Node 20)
	node --no-warnings tests/console/make_golden.mjs
	LC_ALL=C TZ=UTC node tests/language/corpus.js >tests/language/golden.txt

build: $(VENV)/.dev ## wheel and sdist into dist/
	rm -rf dist
	$(BIN)/python -m build --quiet

smoke: ## install what `make build` made into empty environments, and use it
	@ls dist/*.whl >/dev/null 2>&1 || $(MAKE) build
	$(BIN)/python tests/smoke/smoke.py

clean: ## remove what the other targets made
	rm -rf .venv .venv-* .cache build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
