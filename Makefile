# Each target sets up .venv by itself when it must; nothing is installed outside it.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test gpu readers igv lint check docs wheel bench screenshots clean

demo: .venv/ready            ## the main job on the embedded default, in three or four minutes
	$(BIN)/regtrack demo --out regtrack-demo --overwrite

test: .venv/develop          ## every test, one process per core, at most eight
	$(BIN)/pytest -n logical --maxprocesses 8 --dist loadfile

gpu: .venv/develop           ## the tests that need a CUDA device; `make test` hides it
	$(BIN)/pytest -m gpu

readers: tests/readers/node_modules  ## JavaScript that tests use where it is: readers, axe (needs npm)

igv: app/npm/node_modules    ## igv.js for the dashboard's panel (needs npm)

lint: .venv/develop          ## format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

check: lint test             ## what must pass before a commit

docs: .venv/develop          ## the documentation, into docs/_build
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build

wheel: .venv/develop         ## sdist and wheel, built and used away from the checkout
	PYTHON=$(BIN)/python scripts/try_wheel.sh

bench: .venv/develop         ## how fast: writing beside pyBigWig, predict-genome beside the bare pass, the dashboard
	$(BIN)/python scripts/bench_bigwig.py
	$(BIN)/python scripts/bench_forward.py
	$(BIN)/python scripts/bench_sweep.py
	$(BIN)/python scripts/bench_saliency.py
	$(BIN)/python scripts/bench_dashboard.py

screenshots: .venv/develop   ## docs/images of real loci: trains for an hour at first (needs Debian's chromium and REGTRACK_REAL_DATA)
	$(BIN)/python scripts/screenshots.py

clean:                       ## what the targets above made
	rm -rf .venv docs/_build regtrack-demo tests/readers/node_modules app/npm/node_modules

tests/readers/node_modules: tests/readers/package.json tests/readers/package-lock.json
	npm ci --prefix tests/readers --ignore-scripts --no-audit --no-fund
	touch $@

app/npm/node_modules: app/npm/package.json app/npm/package-lock.json
	npm ci --prefix app/npm --ignore-scripts --no-audit --no-fund
	touch $@

# torch first and by pip with the constraints, so that one build is taken and kept
PIP_INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "regtrack needs Python 3.11 or newer; name one: make PYTHON=python3.11 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP_INSTALL) torch
	$(PIP_INSTALL) -e .
	touch $@

# with the tools for tests, lint, types and docs
.venv/develop: .venv/ready
	$(PIP_INSTALL) -e '.[dev,docs]'
	touch $@
