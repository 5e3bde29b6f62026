# Each target sets up .venv if needed; nothing is installed outside it.
PYTHON ?= python3
BIN := .venv/bin
# unset: else every process would compile every source again
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo real reproduce test torture fuzz gpu readers igv lint check docs wheel bench screenshots lock clean

demo: .venv/ready            ## the whole path on a simulated genome, in three to four minutes
	$(BIN)/regtrack demo --out regtrack-demo --overwrite

real: .venv/ready            ## the whole path on real data, fetched or in FILES=folder, in half an hour
	$(BIN)/regtrack quickstart --out regtrack-real $(if $(FILES),--files $(FILES))

reproduce: .venv/develop     ## the paper's experiments on ten real megabases: some hours of two cores; ARGS=--quick, minutes (needs REGTRACK_REAL_DATA)
	$(BIN)/python scripts/reproduce_paper.py $(ARGS)

# one more than cores, since tests also wait: for pages, disks and other processes
WORKERS = $(shell $(BIN)/python -c 'import os; print(min(8, os.cpu_count() + 1))')

test: .venv/develop          ## every test in WORKERS processes, else one more than cores, at most eight
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

fuzz: .venv/develop          ## the readers of other people's files on invented damage, for some minutes
	$(BIN)/pytest tests/fuzz --hypothesis-profile fuzz

gpu: .venv/develop           ## the tests that need a CUDA device, which `make test` skips
	$(BIN)/pytest -m gpu

torture: .venv/develop       ## every command that writes, with every step of its writing going wrong (hours)
	OMP_NUM_THREADS=1 $(BIN)/python tests/faults/torture.py

readers: tests/readers/node_modules  ## JavaScript for optional tests: readers, axe (needs npm)

igv: app/npm/node_modules    ## igv.js and a small plotly.js for the dashboard (needs npm)

lint: .venv/develop          ## format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

check: lint test             ## everything that must pass before a commit

docs: .venv/develop          ## build the documentation in docs/_build
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build

wheel: .venv/develop         ## build sdist and wheel, and use them outside the checkout
	PYTHON=$(BIN)/python scripts/try_wheel.sh

bench: .venv/develop         ## benchmarks: the reference, writing against pyBigWig, training, predict-genome against the bare pass, a foreign network against tiles by hand, comparison and calls, the dashboard
	$(BIN)/python scripts/bench_bigwig.py
	$(BIN)/python scripts/bench_reference.py
	$(BIN)/python scripts/bench_build.py
	$(BIN)/python scripts/bench_forward.py
	$(BIN)/python scripts/bench_training.py
	$(BIN)/python scripts/bench_sweep.py
	$(BIN)/python scripts/bench_storing.py
	$(BIN)/python scripts/bench_networks.py
	$(BIN)/python scripts/bench_compare.py
	$(BIN)/python scripts/bench_saliency.py
	$(BIN)/python scripts/bench_dashboard.py
	$(BIN)/python scripts/bench_heat.py

screenshots: .venv/develop   ## docs/images of real loci; trains for one to two hours the first time (needs Debian's chromium and REGTRACK_REAL_DATA)
	$(BIN)/python scripts/screenshots.py

lock: .venv/develop          ## write requirements.lock after a change of constraints.txt (Linux x86-64, Python 3.11)
	$(BIN)/python scripts/write_lock.py

clean:                       ## remove what the targets above made
	rm -rf .venv docs/_build regtrack-demo regtrack-real tests/readers/node_modules app/npm/node_modules

tests/readers/node_modules: tests/readers/package.json tests/readers/package-lock.json
	npm ci --prefix tests/readers --ignore-scripts --no-audit --no-fund
	touch $@

app/npm/node_modules: app/npm/package.json app/npm/package-lock.json
	npm ci --prefix app/npm --ignore-scripts --no-audit --no-fund
	touch $@

# torch first, by pip with the constraints, so that the same build is kept; what is imported is
# compiled when it is
PIP_INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "regtrack needs Python 3.11 or newer; name one: make PYTHON=python3.11 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP_INSTALL) torch
	$(PIP_INSTALL) -e .
	touch $@

# adds the tools for tests, lint, types and docs; pip uses one core, so the encoder is compiled meanwhile
.venv/develop: .venv/ready
	PYTHONPATH=. $(BIN)/python scripts/precompile.py & $(PIP_INSTALL) -e '.[dev,docs]' && wait
	touch $@
