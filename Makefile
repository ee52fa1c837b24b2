PYTHON ?= python3
VENV   ?= .venv
PEERS  ?= .venv-peers
MUTMUT ?= .venv-mutmut
BEFORE ?= 3ac75bc
BIN    := $(VENV)/bin
T      ?= tests
COVERING = $(addprefix tests/,model authoring planning wording execution/test_schedule.py execution/test_lifecycle.py iguazio3 iguazio4 kinds cases manifests)

.PHONY: help setup demo demo4 test test-full coverage torture check format lint types contracts golden docs dist release pythons clean bench

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 22

# The stamp is newer than pyproject.toml once the environment holds what it names.
$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	@touch $@

setup: $(VENV)/.installed ## Make .venv with everything needed to develop

demo: setup ## See validate, plan, apply and an empty second plan against the emulator
	@PATH="$(abspath $(BIN)):$$PATH" sh scripts/demo.sh

demo4: setup ## See the same on Iguazio 4
	@PATH="$(abspath $(BIN)):$$PATH" sh scripts/demo4.sh

# One worker more than there are cores: some tests wait for something now and then.
PYTEST = $(BIN)/python -m pytest -n $$($(BIN)/python -c 'import os; print((os.cpu_count() or 1) + 1)') --dist worksteal

test: setup ## Run the quick tests; T=path runs all that are there
ifeq ($(T),tests)
	HYPOTHESIS_PROFILE=quick $(PYTEST) -m "not full"
else
	$(PYTEST) $(T)
endif

test-full: setup ## Run all the tests
	$(PYTEST)

# By their own tests, which hand them values: what others happen to run on their way is not measured.
coverage: setup ## Refuse a branch of what thinks that its own tests do not take
	$(PYTEST) $(COVERING) --cov

# What `coverage` has not run yet.
.PHONY: test-rest
test-rest: setup
	$(PYTEST) $(addprefix --ignore=,$(COVERING))

torture: setup ## Meet every fault at every request of an apply, and run 50 targets of which some are wrong; some 40 minutes
	IGZ_TORTURE=whole $(BIN)/python -m pytest -n auto tests/torture tests/client/test_client_faults.py tests/cli/test_canary_gate4.py tests/manifests/test_edited_repos.py

check: lint types contracts deploy-check coverage test-rest ## Everything that CI runs

format: setup ## Rewrite the sources in the house style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

contracts: setup
	$(BIN)/lint-imports

.PHONY: deploy-check
deploy-check: setup ## Build what is in deploy/, hold it to published schemas, and list what restricted pods may not do
	$(BIN)/python scripts/deploy_check.py

docs: setup ## Write the reference anew and build the pages into site/
	$(BIN)/python scripts/reference.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

dist: setup ## Build the wheel and the sdist into dist/
	$(BIN)/python -m build --no-isolation

release: setup ## Commit, tag, build and try a release, and send nothing anywhere (VERSION=1.2.3)
	@$(BIN)/python scripts/release.py "$(VERSION)"

# With an engine. The label says what the program says of itself, or the build ends.
.PHONY: image
image: setup ## Build the image igz-apply:VERSION with docker, and put its bill of materials into dist/ (EXTRAS="s3fs tracing")
	VERSION=$$($(BIN)/python -c 'from igz_apply.version import __version__; print(__version__)') && \
	docker build --build-arg VERSION="$$VERSION" --build-arg REVISION="$$(git rev-parse HEAD)" \
		--build-arg EXTRAS="$(EXTRAS)" --tag "igz-apply:$$VERSION" --tag igz-apply:latest . && \
	mkdir -p dist && \
	docker run --rm --entrypoint cat "igz-apply:$$VERSION" /opt/igz-apply/sbom.cdx.json >dist/igz-apply-image.cdx.json

# Without an engine.
.PHONY: image-check
image-check: setup ## Take the Dockerfile's steps in a clean root of Debian and try what comes of it (root, mmdebstrap; about a minute)
	IGZ_IMAGE=required $(BIN)/python -m pytest tests/image

.PHONY: locks
locks: setup ## Write the locks of the image from pyproject.toml; LOCKS=--upgrade takes the newest of everything
	UV=$(BIN)/uv $(BIN)/python scripts/locks.py $(LOCKS)

.PHONY: audit
audit: setup ## Ask for known vulnerabilities of what is locked; fails where no service answers, unless AUDIT=--skip-unreachable
	$(BIN)/python scripts/audit.py $(AUDIT)

pythons: setup ## Run the quick tests with every Python from 3.10 to 3.14 that is on this machine
	UV=$(BIN)/uv sh scripts/pythons.sh

golden: setup ## Rewrite the expected files of tests/cases; review the diff like code
	IGZ_GOLDEN=write $(BIN)/python -m pytest tests -k golden
	$(BIN)/python scripts/promise.py

clean: ## Remove everything that make has made
	rm -rf $(VENV) $(PEERS) $(MUTMUT) .venv-pythons .venv-beside .venv-before .venv-after .before mutants .demo .demo4 dist build site .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage

bench: setup ## Measure against the floor, in ratios (about 15 minutes)
	$(BIN)/python -m benchmarks.run

# Both lie in environments of the same make, so that neither is slower for what else is installed beside it.
.venv-before/.installed-$(BEFORE):
	rm -rf .venv-before .before && mkdir .before
	git archive $(BEFORE) | tar -x -C .before
	$(PYTHON) -m venv .venv-before
	.venv-before/bin/python -m pip install --quiet --disable-pip-version-check ./.before
	@rm -rf .before && touch $@

.PHONY: bench-before
bench-before: setup .venv-before/.installed-$(BEFORE) ## Measure beside an earlier commit (BEFORE=3ac75bc), in ratios (about 10 minutes)
	rm -rf .venv-after && $(PYTHON) -m venv .venv-after
	.venv-after/bin/python -m pip install --quiet --disable-pip-version-check .
	$(BIN)/python -m benchmarks.before --before .venv-before/bin/python --after .venv-after/bin/python

# octoDNS has an environment of its own: the project does not depend on it.
$(PEERS)/.installed:
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check "octodns==1.22.0"
	@touch $@

.PHONY: bench-peers
bench-peers: setup $(PEERS)/.installed ## Measure octoDNS, and Terraform where it is, beside igz-apply (about 7 minutes)
	$(BIN)/python -m benchmarks.peers --octodns $(PEERS)/bin/octodns-sync

# So has mutmut, which changes the sources in a copy, mutants/. One process: it takes no more than one core.
$(MUTMUT)/.installed: pyproject.toml
	$(PYTHON) -m venv $(MUTMUT)
	$(MUTMUT)/bin/python -m pip install --quiet --disable-pip-version-check -e . \
		"mutmut==3.8.1" hypothesis pytest pytest-timeout
	@touch $@

.PHONY: mutation
mutation: $(MUTMUT)/.installed ## List the small faults in rails and the like that no test would notice (about 10 minutes)
	rm -rf mutants
	$(MUTMUT)/bin/mutmut run --max-children 1
	$(MUTMUT)/bin/mutmut results

# Not in `check`: it brings half a gigabyte of packages.
.PHONY: beside
beside: setup ## Install igz-apply beside MLRun and both SDKs, and say which extras do not fit (about 3 minutes)
	UV=$(BIN)/uv sh scripts/beside.sh
