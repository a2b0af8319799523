# make demo        sets up .venv when it has to, then shows sonixbot at work; ARGS="--speed 10"
# make test        sets up .venv when it has to, then checks everything
# make screenshots renews the pictures of the README, in Chromium
# make catalogue   brings the translations up to date with the sentences in the code

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := $(VENV)/.demo
POT := $(VENV)/sonixbot.pot
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable

.PHONY: demo test setup lint types imports tests screenshots catalogue compiled clean

demo: $(DEMO)
	@$(BIN)/sonixbot demo $(ARGS)

test: lint types imports tests

setup: $(READY)

$(READY): $(DEMO)
	$(INSTALL) ".[test]"
	@touch $@

$(DEMO): pyproject.toml setup.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) ".[demo]"
	@touch $@

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(READY)
	$(BIN)/mypy

imports: $(READY)
	$(BIN)/lint-imports

tests: $(READY) compiled
	$(BIN)/pytest

screenshots: $(READY) compiled
	$(BIN)/python -m tests.screenshots

# The editable install compiles them once; a translation may have changed since.
compiled: $(READY)
	$(BIN)/pybabel --quiet compile --domain=sonixbot --directory=sonixbot/locale

catalogue: $(READY)
	$(BIN)/pybabel --quiet extract --keywords=sentence --add-location=file --sort-by-file \
		--no-wrap --output-file=$(POT) bot handlers sonixbot
	$(BIN)/pybabel --quiet update --domain=sonixbot --locale=ru --output-dir=sonixbot/locale \
		--input-file=$(POT) --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date \
		--no-wrap

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache
	find bot handlers sonixbot tests benchmarks -name __pycache__ -prune -exec rm -rf {} +
	find sonixbot/locale -name '*.mo' -delete
