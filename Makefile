# The front door. `make` alone lists what there is.
PYTHON ?= python3
BIN := .venv/bin
PORT ?= 8050
FUZZ ?= 10000
ATTACKS ?= 100000
CRASH ?= --random 1000 --copies 500

.PHONY: help demo test check fix bench test-recovery fuzz attack crash lock clean

help:  ## list what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.venv/run.done: locks/run.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed. Say which: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing what the platform needs into .venv (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/run.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

.venv/dev.done: locks/dev.txt .venv/run.done
	@echo "Installing what tests and checks need into .venv (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/dev.txt
	@touch $@

.venv/bench.done: locks/bench.txt .venv/dev.done
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/bench.txt
	@touch $@

demo: .venv/run.done  ## a dashboard with a simulated regional pilot, at http://127.0.0.1:8050
	@$(BIN)/awareness demo --port $(PORT)

test: .venv/dev.done  ## the tests
	@$(BIN)/python -m pytest -n 2 -m "not recovery"

recovery: .venv/dev.done  ## bias, coverage and size of every design and variance, into docs/recovery.md (long)
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -W ignore -m tests.recovery

test-recovery: .venv/dev.done  ## long simulations that assert bias, coverage and size
	@$(BIN)/python -m pytest -n 2 -m recovery

fuzz: .venv/dev.done  ## damaged files of every format through the reading process (FUZZ=10000 of each)
	@$(BIN)/python -m tests.surveys.mutating $(FUZZ)

attack: .venv/dev.done  ## attacks on what is shown, 100,000 of each kind (ATTACKS=100000)
	@$(BIN)/python -m tests.attacks $(ATTACKS)

crash: .venv/dev.done  ## kill at every write and at random moments, and power cuts (long; CRASH="--random 25" does fewer)
	@nice -n 10 $(BIN)/python -m tests.crash $(CRASH)

check: .venv/dev.done  ## style, types, direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/mypy

fix: .venv/dev.done  ## mend what a tool can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: .venv/bench.done  ## the measurements, as ratios in one run
	@$(BIN)/python -m benchmarks

lock:  ## write the locks anew (needs uv)
	@sh locks/lock.sh

clean:  ## remove the virtual environment and the demo
	@rm -rf .venv demo-workspace
