# Everything sets itself up: python3 (3.11+), pip and make are all it takes. `make` lists what there is.
SHELL := /bin/bash
CORE = $$(tools/environment.sh core core.txt)
FRAMEWORKS = $$(tools/environment.sh frameworks frameworks.txt)
PYTEST_ARGS ?=
CHECKOUTS = $(if $(LEAKPRO),--checkout leakpro=$(LEAKPRO)) $(if $(PRIVACY_GUARD),--checkout privacy_guard=$(PRIVACY_GUARD))
export MPLBACKEND := Agg
export PYTHONHASHSEED := 0

.PHONY: help demo test test-core test-frameworks test-kfp test-tfx test-orchestrators test-browser lint coverage fuzz bench bench-peers bench-compare clean
.PHONY: test-oldest docs docs-browser dist

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 20

demo:  ## train two real models, audit both, leave an HTML report in demo/
	@python=$$(tools/environment.sh demo demo.txt) && "$$python" -m tacit demo --out demo

test: test-core test-frameworks test-browser  ## all tests

test-core:  ## tests that need no machine-learning framework
	@python=$(CORE) && "$$python" -m pytest -n 2 -m "not framework and not browser" $(PYTEST_ARGS) \
		&& "$$python" -m pytest --doctest-modules src/tacit --doctest-ignore-import-errors $(PYTEST_ARGS)

test-oldest:  ## the core tests on the oldest releases that pyproject.toml promises
	@python=$$(tools/environment.sh oldest oldest.txt) && CI= "$$python" -m pytest -n 2 -m "not framework and not browser" $(PYTEST_ARGS)

test-frameworks:  ## tests against the real frameworks (several gigabytes)
	@python=$(FRAMEWORKS) && "$$python" -m pytest -n 2 --dist loadfile -m "framework" $(PYTEST_ARGS)

test-kfp:  ## the component for Kubeflow Pipelines, run locally in an environment of its own
	@python=$$(tools/environment.sh kfp kfp.txt) && "$$python" -m pytest tests/integrations/test_kfp.py $(PYTEST_ARGS)

test-orchestrators:  ## Beam, Dagster, Metaflow, Airflow, Prefect and ZenML, in environments of their own
	@for name in orchestrators airflow prefect zenml; do python=$$(tools/environment.sh $$name $$name.txt) \
		&& "$$python" -m pytest tests/integrations/test_beam.py tests/integrations/test_orchestrators.py $(PYTEST_ARGS) || exit 1; done

test-tfx:  ## a real TFX pipeline, in an environment of its own (3 GB)
	@python=$$(tools/tfx_environment.sh) && "$$python" -m pytest tests/integrations/test_tfx.py $(PYTEST_ARGS)

test-browser:  ## the HTML report in a real headless Chromium
	@python=$(CORE) && "$$python" -m pytest -m browser $(PYTEST_ARGS)

lint:  ## ruff and mypy
	@python=$(CORE) && "$$python" -m ruff check . && "$$python" -m ruff format --check . && "$$python" -m mypy

docs:  ## the site in build/site: warnings are errors, every internal link is checked
	@python=$$(tools/environment.sh docs docs.txt) && "$$python" tools/build_site.py

docs-browser: docs  ## the built site, opened from disk in a real headless Chromium
	@python=$(CORE) && "$$python" tools/browse_site.py build/site

dist:  ## wheel and sdist in dist/, each tried in a fresh environment
	@python=$(CORE) && "$$python" tools/check_dist.py

coverage:  ## how often each interval misses the truth, by simulation (an hour)
	@python=$(CORE) && "$$python" benchmarks/coverage.py --out benchmarks/results/coverage.md \
		&& "$$python" benchmarks/audit_null.py --out benchmarks/results/audit_null.md

fuzz:  ## every reader against damaged files, a minute of CPU each
	@python=$(CORE) && "$$python" benchmarks/fuzz.py --seconds 60

bench:  ## speed and memory beside other libraries, each in an environment of its own; what needs a checkout: LEAKPRO=, PRIVACY_GUARD=
	@python=$(CORE) && "$$python" benchmarks/speed.py --install --out benchmarks/results/speed.md
	@$(MAKE) --no-print-directory bench-peers

bench-peers:  ## the second half of it: metrics, attacks and tables of six libraries, on the same arrays
	@python=$(CORE) && "$$python" benchmarks/speed_peers.py --install $(CHECKOUTS) --out benchmarks/results/speed_peers.md

bench-compare:  ## has anything become slower? make bench-compare BEFORE=old.json AFTER=new.json
	@python=$(CORE) && "$$python" benchmarks/speed_compare.py $(BEFORE) $(AFTER)

clean:  ## remove environments and caches
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache demo build dist
