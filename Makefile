# Needs Python 3.11, make and a package registry; everything else is installed into .venv.
PYTHON ?= python3.11
UV_VERSION = 0.13.9
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
READY := $(VENV)/.ready
LEAD := guarantee-2025
# what the camps argue over; all 38 cases, by `offramp run $(LEAD)`, take about half an hour
LEAD_CASES := solved nothing self-reliance-and-diplomacy ambiguous-pledge pledge-and-arms \
	conditional-pledge european-only-force

.PHONY: help run test test-all bench lint types docs wheel tests lock clean

help:
	@echo "make run       solve the main policies of the lead case ($(LEAD)), write its report"
	@echo "make test      everything that must pass: lint, types, docs, wheel, tests"
	@echo "make test-all  the slow, deep checks that make test leaves out"
	@echo "make bench     measure speed and keep the records (a clean checkout; ten minutes)"
	@echo "make lock      resolve requirements.lock anew from pyproject.toml"

$(UV):
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip --upgrade
	$(BIN)/python -m pip install --quiet uv==$(UV_VERSION)

$(READY): pyproject.toml requirements.lock | $(UV)
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

# pages are written anew: nothing that stands is overwritten by offramp itself
run: $(READY)
	rm -rf build/pages
	$(BIN)/offramp run $(LEAD) $(addprefix --case ,$(LEAD_CASES)) --out build/pages/$(LEAD)
	$(BIN)/offramp report build/pages/$(LEAD) --out build/pages/$(LEAD).html
	$(BIN)/offramp index --out build/pages/index.html build/pages/$(LEAD).html
	@echo "Open build/pages/index.html in a browser; the lead case is build/pages/$(LEAD).html."

test: lint types docs wheel tests

lint: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY)
	$(BIN)/mypy

docs: $(READY)
	$(BIN)/sphinx-build -W --keep-going -q -b html docs build/docs

# the wheel as a user gets it: built once, installed with the core dependencies alone, and tried
wheel: $(READY)
	rm -rf build/wheel build/bare
	$(BIN)/python -m hatchling build -t wheel -d build/wheel
	$(UV) venv --quiet --python $(BIN)/python build/bare
	$(UV) pip install --quiet --python build/bare/bin/python --constraints requirements.lock build/wheel/*.whl
	cd build && bare/bin/offramp --help >/dev/null
	cd build && bare/bin/offramp check pledge >/dev/null

tests: $(READY)
	$(BIN)/python -m pytest -n 2 -m "not slow"

test-all: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadgroup -m slow

bench: $(READY)
	$(BIN)/python -m benchmarks run

lock: $(UV)
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --custom-compile-command "make lock" \
	  --extra data --extra pdf --extra test --extra docs --output-file requirements.lock pyproject.toml

clean:
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache
