# Two commands do everything, environment included:
#
#     make reproduce     run every notebook, print the measured results, write a report
#     make test          run the fast tests
#
# `make` alone lists the others. Nothing outside this folder is changed; to start over, delete
# .venv and runs.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# The one exact version here: everything else is a range in pyproject.toml. Newer ones are allowed
# there too, but an unpinned torch may cost a learner gigabytes that this kit does not need.
TORCH ?= torch==2.13.0

# Without an NVIDIA GPU the CPU build is taken (about 200 MB instead of 3 GB). The PyTorch index is
# an *extra* index: pip prefers its `2.13.0+cpu` to PyPI's `2.13.0`, and where it cannot be reached
# pip warns, goes on with what else it has, and the set-up still works. Only torch itself comes from
# there (--no-deps); the next step brings what it needs.
TORCH_INDEX = $(shell command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L 2>/dev/null | grep -q GPU \
	|| echo --extra-index-url https://download.pytorch.org/whl/cpu --retries 1 --timeout 15)

.PHONY: help setup reproduce test test-slow test-all lab notebooks slides lint format clean

help: ## list these commands
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(READY) ## make the environment .venv (the other commands do it by themselves)

$(READY): pyproject.toml
	@if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  python=; \
	  for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	    if $$candidate -c 'import sys, venv, ensurepip; \
	      sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' >/dev/null 2>&1; then python=$$candidate; break; fi; \
	  done; \
	  if [ -z "$$python" ]; then \
	    echo "This kit needs Python 3.11 to 3.14 with its venv module, and found none." >&2; \
	    echo "Install it (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install" >&2; \
	    echo "python; any system: https://www.python.org/downloads/) and run the command again." >&2; \
	    exit 1; \
	  fi; \
	  echo "Making $(VENV) with $$($$python --version) ..."; \
	  $$python -m venv $(VENV); \
	fi
	@echo "Installing PyTorch ..."
	@$(PIP) --no-deps $(TORCH_INDEX) "$(TORCH)"
	@echo "Installing the kit and what it uses (a few minutes the first time) ..."
	@$(PIP) --editable ".[dev,figures]"
	@touch $@

reproduce: $(READY) ## run every notebook on this machine and write runs/reproduce/PROFILE/report.html
	$(BIN)/audio-interaction reproduce

test: $(READY) ## run the fast tests
	$(BIN)/pytest -n auto --maxprocesses 4

test-slow: $(READY) ## run the tests that train or execute notebooks
	$(BIN)/pytest -m slow

test-all: test test-slow ## run every test

lab: $(READY) ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab notebooks

notebooks: $(READY) ## execute the committed notebooks in place (authors)
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace notebooks/[0-9]*.ipynb

slides: $(READY) ## build the slides into slides/build
	$(BIN)/audio-interaction slides

lint: $(READY) ## check style
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: $(READY) ## mend style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean: ## delete what runs have made (keeps the environment)
	rm -rf runs slides/build
