# The steps of the continuous check, by name. Each also works alone, without make.
PYTHON ?= python3
ACTIVE = .venv/bin/python

.PHONY: check fix test run bench environment

check: environment  ## Lint, format, types, migrations, settings. Changes nothing.
	$(ACTIVE) -m ruff check .
	SECRET_KEY=any-text-will-do-for-the-type-checker $(ACTIVE) -m mypy .
	$(ACTIVE) manage.py makemigrations --check --dry-run
	$(ACTIVE) manage.py check

fix: environment  ## What a tool can put right by itself.
	$(ACTIVE) -m ruff check --fix .

test:  ## make test ARGS="-k change -x"
	$(PYTHON) manage.py test $(ARGS)

run:  ## make run ARGS="--port 8001"
	$(PYTHON) manage.py demo $(ARGS)

bench:  ## make bench ARGS="search --studies 100000"
	$(PYTHON) manage.py bench $(ARGS)

environment:  # 'version' does nothing but let the first run set up .venv
	@$(PYTHON) manage.py version >/dev/null
