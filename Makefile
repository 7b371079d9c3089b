# Needs Python 3.10 or newer with venv and pip; PYTHON=... picks one.
PYTHON ?= python3
PORT ?= 8000
SANDBOX_PORT ?= 8025
VENV := .venv/bin/python
# No cache: nothing is written outside this folder.
INSTALL := $(VENV) -m pip install --quiet --no-cache-dir --disable-pip-version-check

.PHONY: help demo run test bench clean

help:
	@echo "make demo   send two mails through everything, show them, and stop"
	@echo "make run    serve the example site and the sandbox until Ctrl+C"
	@echo "            (PORT=8000 SANDBOX_PORT=8025)"
	@echo "make test   run the tests"
	@echo "make bench  compare with the official SDK and others, in a quarter of an hour"
	@echo "make clean  delete the virtualenv, the caches and the example's database"
	@echo
	@echo "The first one installs into .venv, with $(PYTHON); PYTHON=... takes another."

demo: .venv/.demo
	@$(VENV) example_project/launch.py demo

run: .venv/.demo
	@$(VENV) example_project/launch.py run --port $(PORT) --sandbox-port $(SANDBOX_PORT)

# The tests mostly wait, so there are more of them than cores.
test: .venv/.test
	@$(VENV) -m pytest --numprocesses 4

bench: .venv/.bench
	@$(VENV) benchmarks/run.py

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .hypothesis .ruff_cache .mypy_cache
	rm -rf .coverage* htmlcov docs/_build example_project/*.sqlite3
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.demo: setup.cfg pyproject.toml | $(VENV)
	@echo "Installing into .venv ..."
	@$(INSTALL) -e .
	@touch $@

.venv/.test: setup.cfg pyproject.toml | $(VENV)
	@echo "Installing into .venv, with what the tests need ..."
	@$(INSTALL) -e '.[test]'
	@touch $@ .venv/.demo

.venv/.bench: setup.cfg pyproject.toml | $(VENV)
	@echo "Installing into .venv, with all that is measured ..."
	@$(INSTALL) -e '.[bench]'
	@touch $@ .venv/.demo

# Half a virtualenv looks like a whole one, so a failed one must not stay.
$(VENV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo "This needs Python 3.10 or newer: make PYTHON=/path/to/python3"; exit 1; }
	@echo "Making .venv ..."
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
	  echo "python -m venv failed. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
