# Two commands do everything from a fresh clone: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH_VENV := .venv-bench
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: demo test lint format torture bench docs clean
# The steps share one environment: `make -j` must not install into it twice at a time.
.NOTPARALLEL:

demo: $(VENV)/.installed
	$(BIN)/paribus run quickstart

test: lint
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not torture"

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

torture: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m "torture or hypothesis" --hypothesis-profile=torture

# Against other frameworks, in an environment of their own. ONLY=c1,c4 chooses; ARGS=--quick tries them all out.
bench: $(BENCH_VENV)/.installed
	$(BENCH_VENV)/bin/python benchmarks/run.py $(if $(ONLY),--only $(ONLY)) $(ARGS)

docs: $(VENV)/.installed
	$(BIN)/python docs/make_cli.py > docs/cli.md.new && mv docs/cli.md.new docs/cli.md

clean:
	rm -rf $(VENV) $(BENCH_VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Each stamp is written after its step has succeeded: what was interrupted or failed is done again. An environment
# that is there and works is used; one without pip (Debian without python3-venv leaves such) is made anew.
$(VENV)/.created $(BENCH_VENV)/.created:
	@$(@D)/bin/python -m pip --version >/dev/null 2>&1 || { \
		$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
			echo "Paribus needs Python 3.11 or newer; '$(PYTHON)' is older or missing." \
				"Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 2; }; \
		$(PYTHON) -m venv --clear $(@D) || { \
			echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu: apt install python3-venv"; exit 2; }; }
	@touch $@

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/.created
	@echo "Installing Paribus into $(VENV) (about a minute; torch is the large part)"
	$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(VENV)/.created
	@echo "Installing Paribus and its test tools into $(VENV) (about a minute; torch is the large part)"
	$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.installed

$(BENCH_VENV)/.installed: pyproject.toml constraints.txt benchmarks/requirements.txt | $(BENCH_VENV)/.created
	@echo "Installing Paribus and what it is compared with into $(BENCH_VENV) (some minutes; about 3 GB)"
	$(BENCH_VENV)/bin/python -m pip --disable-pip-version-check -q install -c constraints.txt -r benchmarks/requirements.txt -e .
	@touch $@
