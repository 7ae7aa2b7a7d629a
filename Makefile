# `make demo` needs Python 3.11 or newer and nothing else of ours; `make help` lists the rest.
# Plain enough for the make of macOS (3.81) and for any POSIX shell.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

# The first interpreter that is new enough and can make virtual environments.
PYTHON ?= $(shell for candidate in python3 python3.13 python3.12 python3.11; do \
	if $$candidate -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	then echo $$candidate; break; fi; done)
BIN := .venv/bin
# Named by the lock's hash: another lock makes the environment anew.
LOCK_HASH := $(shell $(PYTHON) -c 'import hashlib, pathlib; \
	print(hashlib.sha256(pathlib.Path("requirements.lock").read_bytes()).hexdigest()[:16])' 2>/dev/null)
STAMP := .venv/.made-of-$(LOCK_HASH)
PIP := $(BIN)/python -m pip --disable-pip-version-check
SOURCES := layers/core/python/anpr client functions gpu_worker infra lab server tests
UV_VERSION := 0.13.9
UV := .cache/uv-$(UV_VERSION)/bin/uv
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(LOCK_ARGS)
ENV ?= dev
# What `make demo`, `up` and `down` run on: `aws`, in an emulator, or `selfhost`, on servers of one's own.
MODE ?= aws
# What runs on AWS, in the emulator's place and on the machines of those who build it.
LOCKS := layers/deps/requirements.txt gpu_worker/requirements-cpu.lock gpu_worker/requirements-gpu.lock \
	infra/local/ministack.lock infra/local/servers.lock server/requirements.lock requirements.lock
AUDIT_BIN := .cache/audit/bin
AUDIT := .cache/audit/.made-of-$(shell cksum .ci/audit.lock 2>/dev/null | cut -d' ' -f1)

.PHONY: help
help: ## Show this list.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "make %-8s %s\n", $$1, $$2 }'

.PHONY: demo
demo: $(STAMP) ## Bring the backend up, send it a clip (CLIP=path), print the plates, stop everything.
	@exec $(BIN)/python -m infra.local --mode $(MODE) demo $(if $(CLIP),--clip "$(CLIP)")

.PHONY: up
up: $(STAMP) ## Bring the backend up and leave it running; data stays in .local.
	@exec $(BIN)/python -m infra.local --mode $(MODE) up

.PHONY: down
down: $(STAMP) ## Stop what `make up` started.
	@exec $(BIN)/python -m infra.local --mode $(MODE) down

.PHONY: test
test: $(STAMP) browser ## Run every test.
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(PYTEST_ARGS)

# The console is tested in a real browser. Who may install one gets it; everybody else is told in one line.
.PHONY: browser
browser:
	@for name in chromium chromium-browser google-chrome google-chrome-stable; do \
		command -v $$name >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "installing chromium, in which the console is tested"; \
		apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium \
			fonts-dejavu-core >/dev/null; \
	else echo "The console's tests need a browser: apt-get install chromium" >&2; exit 1; fi

.PHONY: pictures
pictures: $(STAMP) browser ## Make the pictures of the console's pages in docs/console.
	@exec $(BIN)/python -m infra.console pictures

.PHONY: fuzz
fuzz: $(STAMP) ## Ask the API for what its description allows and forbids (EXAMPLES=200 of each, SEED=n to repeat a run).
	@seed="$(SEED)"; [ -n "$$seed" ] || seed=$$(date +%s); echo "SEED=$$seed"; \
		ANPR_FUZZ="$(or $(EXAMPLES),200)" $(BIN)/python -m pytest -n 2 --timeout 0 --hypothesis-seed="$$seed" \
		tests/functions/api/test_contract.py

.PHONY: check
check: $(STAMP) ## Format, lint, types (of the console too), import contracts, drift of OpenAPI and of the SQL, and the stacks' security rules.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(SOURCES)
	$(BIN)/lint-imports
	$(BIN)/python -m functions.api.openapi --check
	$(BIN)/python -m anpr.adapters.supabase.schema --check
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec compose.yaml compose.supabase.yaml
	$(BIN)/python -m infra.kubernetes
	$(BIN)/python client/unasync.py --check
	$(BIN)/python -m infra.console check
	@$(MAKE) --no-print-directory synth ENV=dev
	@$(MAKE) --no-print-directory synth ENV=prod

.PHONY: synth
synth: $(STAMP) ## Synthesise the stacks of ENV (local, dev or prod) into cdk.out, checked by cdk-nag.
	CDK_OUTDIR=cdk.out CDK_CONTEXT_JSON='{"env": "$(ENV)"}' $(BIN)/python -m infra.app

.PHONY: images
images: $(STAMP) ## Build every image with docker or podman, print its size, try it (ARGS="--base …", ARGS=anpr-server).
	@exec $(BIN)/python -m infra.images $(ARGS)

.PHONY: bench
bench: $(STAMP) ## Time decoding, detecting and reading apart (CLIP=path, or a folder with truth.csv).
	@clip="$(CLIP)"; $(BIN)/python -m lab.bench "$${clip:-$$($(BIN)/python -m infra.local clip)}"

.PHONY: lock
lock: $(STAMP) $(UV) ## Resolve the dependencies anew; the layer's and the images' locks have the same versions.
	$(COMPILE) --extra worker --extra infra --extra dev pyproject.toml --output-file requirements.lock
	$(COMPILE) --no-annotate --constraints requirements.lock pyproject.toml --output-file layers/deps/requirements.txt
	$(COMPILE) --no-annotate --constraints requirements.lock --extra worker --extra selfhost --extra image pyproject.toml --output-file gpu_worker/requirements-cpu.lock
	$(COMPILE) --no-annotate --constraints requirements.lock --extra gpu --extra selfhost pyproject.toml --output-file gpu_worker/requirements-gpu.lock
	$(COMPILE) --no-annotate --constraints requirements.lock --extra selfhost pyproject.toml --output-file server/requirements.lock
	$(COMPILE) --no-annotate infra/local/ministack.in --output-file infra/local/ministack.lock
	$(COMPILE) --no-annotate infra/local/servers.in --output-file infra/local/servers.lock
	$(COMPILE) --no-annotate .ci/audit.in --output-file .ci/audit.lock

.PHONY: sbom
sbom: $(AUDIT) ## List everything that is shipped, and what makes it, in sbom/ (CycloneDX).
	@mkdir -p sbom
	@for lock in $(LOCKS); do \
		name=sbom/$$(printf %s "$$lock" | sed 's/[.]\(lock\|txt\)$$//; s/[/]/-/g').cdx.json; \
		PYTHONWARNINGS=ignore $(AUDIT_BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible \
			--output-file "$$name" "$$lock" && echo "$$name" || exit 1; \
	done

.PHONY: audit
audit: $(AUDIT) ## Ask PyPI whether any of it has a known weakness; needs the network, so no part of `make check`.
	@found=0; for lock in $(LOCKS); do \
		echo "$$lock:"; \
		$(AUDIT_BIN)/pip-audit --strict --disable-pip --progress-spinner off --requirement "$$lock" $(AUDIT_ARGS) || found=1; \
	done; exit $$found

.PHONY: clean
clean: ## Remove what can be made again; .local, where `make up` has its data, stays.
	@rm -rf .cache cdk.out .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(UV):
	@$(PYTHON) -m venv .cache/uv-$(UV_VERSION)
	@.cache/uv-$(UV_VERSION)/bin/pip install --quiet uv==$(UV_VERSION)

$(AUDIT):
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or newer, with venv, is needed: make PYTHON=/path/to/python3" >&2; exit 1; }
	@rm -rf .cache/audit
	@$(PYTHON) -m venv .cache/audit
	@$(AUDIT_BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement .ci/audit.lock
	@touch $@

$(STAMP):
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or newer, with venv, is needed: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "making .venv from requirements.lock, which takes a minute or two"
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	@$(PIP) install --quiet --require-hashes --no-deps --requirement requirements.lock
	@# The lock has the build backend too, so nothing is fetched without a hash.
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@# After it: a version of it that had the command `anpr` itself takes that along as it goes.
	@$(PIP) install --quiet --no-deps --no-build-isolation --force-reinstall --editable client
	@rm -f .venv/.made-of-*
	@touch $@
