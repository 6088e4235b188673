# Everything a newcomer needs: Python 3.11 or 3.12, and make. `make` alone lists the targets.
# The environment lives in .venv and is laid again only when pyproject.toml changes.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
RUN := .venv/.linxin-run
DEV := .venv/.linxin-dev
PYTEST := $(BIN)/python -m pytest
# Real files that some tests read; they skip nothing else without it.
export LINXIN_SHARED ?= ../shared
# Some images forbid to keep bytecode: each start of a node or command then compiles everything, and takes twice as long.
unexport PYTHONDONTWRITEBYTECODE

TESTS := test test-units test-processes test-simulation test-browser
.PHONY: help setup demo $(TESTS) check proto bench fuzz soak simulate simulate-mutants clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 25

setup: $(DEV)  ## .venv with everything for running, testing and checking

$(RUN): pyproject.toml tools/setup.sh
	@if [[ -e $(DEV) ]]; then tools/setup.sh dev; touch $(DEV); else tools/setup.sh run; fi
	@touch $@

$(DEV): pyproject.toml tools/setup.sh
	@tools/setup.sh dev
	@touch $(RUN) $@

demo: $(RUN)  ## the life of a strawberry, recorded, proven, verified and tampered with
	@$(BIN)/linxin demo

# Parts one after the other: a unit test that waits for validators' turns on the cores, and theirs for its, tell nothing.
test: test-units test-processes test-simulation test-browser  ## the whole test suite, on two cores

test-units: $(DEV)  ## of it: units and properties
	@$(PYTEST) -n 2 --dist loadgroup -m "not process" --ignore=tests/simulation

# Four at once on two cores, since they wait half of the time; in the order of their folders, which has long ones first. Only the
# files that say so are collected (tests/conftest.py sees to it that they do): all would cost each worker ten seconds.
test-processes: $(DEV)  ## of it: real validator processes with real TLS
	@$(PYTEST) -n 4 --dist loadgroup --no-loadscope-reorder -m "process and not browser" \
		$$(grep -rl --include="*.py" mark.process tests | sort)

test-browser: $(DEV)  ## of it: the scan page in a real browser (Debian's chromium; skipped where there is none)
	@$(PYTEST) -n 2 --dist loadfile -m browser tests/gateway

test-simulation: $(DEV)  ## of it: simulated clusters, some seeds and the scenarios
	@$(PYTEST) -n 2 tests/simulation

check: $(DEV)  ## lint, format, types, stubs as generated, architecture
	@echo "check: ruff";          $(BIN)/ruff check .
	@echo "check: ruff format";   $(BIN)/ruff format --check .
	@echo "check: mypy";          $(BIN)/mypy
	@echo "check: stubs";         tools/proto.sh --compare
	@echo "check: architecture";  $(PYTEST) -q tests/test_architecture.py

proto: $(DEV)  ## generate the stubs in proto/linxin/v1 anew
	@tools/proto.sh

bench: $(DEV)  ## what this machine's parts cost, what one and four validators carry, beside etcd if installed; ten minutes
	@$(BIN)/python -m benchmarks.floor
	@$(BIN)/python -m benchmarks.throughput --seconds 0
	@$(BIN)/python -m benchmarks.throughput --validators 4 --records 60000 --readings 0
	@$(BIN)/python -m benchmarks.failover --times 20
	@$(BIN)/python -m benchmarks.catch_up --records 30000
	@$(BIN)/python -m benchmarks.etcd --seconds 5 --kills 3
	@$(BIN)/python -m benchmarks.stages --seconds 10

fuzz: $(DEV)  ## hostile bytes at every decoder, a hundred times as many as `make test`
	@LINXIN_EFFORT=$${LINXIN_EFFORT:-100} $(PYTEST) -m fuzz --timeout=0

soak: $(DEV)  ## kill, restart and audit, again and again
	@LINXIN_EFFORT=$${LINXIN_EFFORT:-20} $(PYTEST) -m soak --timeout=0

simulate: $(DEV)  ## whole clusters under simulated faults, SEEDS of them (FIRST= to begin elsewhere)
	@$(BIN)/python -m tests.simulation --seeds $${SEEDS:-200} --first $${FIRST:-1}

simulate-mutants: $(DEV)  ## break the code on purpose, once each way: the checks must notice
	@$(BIN)/python -m tests.simulation.mutation

clean:  ## remove the environment and all caches
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
