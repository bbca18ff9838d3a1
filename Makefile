# Every target is one command, run inside .venv, which is set up when it is missing or out of date:
# for reading and running the book with requirements.txt, for everything else with requirements-dev.txt as well.
PYTHON ?= python3
VENV   ?= .venv
PORT   ?= 0
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
DEV    := $(VENV)/.ready-dev
# The tests that need the built site and a browser run after the others.
SITE_TESTS := tests/test_site.py tests/test_lab.py tests/live/test_runtime.py tests/live/test_new_control.py \
              tests/live/test_questions_page.py

.NOTPARALLEL:
.PHONY: help read book serve lab test lint unit notebooks site results claims store bench clean

help:            ## Print this list
	@grep -hE '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

read: book serve ## Build the book and serve it at a local address

book: $(READY)   ## Build the book into _build/html
	$(BIN)/python tools/build.py . -W -n --keep-going

serve: $(READY)  ## Serve the built book; PORT=8000 chooses the port
	@echo "The book is at the address below; Ctrl-C stops it."
	$(BIN)/python -u -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

lab: $(READY)    ## Open the book in JupyterLab
	JUPYTER_CONFIG_PATH="$(CURDIR)/tools/lab" $(BIN)/jupyter lab

test: lint unit notebooks book site ## Run everything that continuous integration runs

lint: $(DEV)   ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

unit: $(DEV)   ## Run the tests that need no browser
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(addprefix --ignore=,$(SITE_TESTS))

notebooks: $(DEV) ## Run every notebook and compare its stored outputs
	$(BIN)/python -m pytest -n 2 --dist loadfile --nbval book

site: $(DEV)   ## Test the built book in a browser, and one session of JupyterLab
	LIVENOTES_SITE=_build/html $(BIN)/python -m pytest -n 2 --dist loadgroup $(SITE_TESTS)

results: $(READY) ## Recompute the long experiments in book/results
	$(BIN)/python -m livenotes.chapters

claims: $(READY) ## Measure every claim of the ledger again
	$(BIN)/python -m livenotes.claims measure

store: $(READY)  ## Execute the notebooks and store the outputs that nbval compares
	$(BIN)/python tools/store.py

bench: $(DEV)  ## Measure speed and size, each beside what one would otherwise use
	$(BIN)/python -m benchmarks

clean:           ## Remove everything that was built
	rm -rf _build

# Bytecode is left to the first import: most modules of what is installed are never imported.
PIP := $(BIN)/python -m pip --disable-pip-version-check install

$(READY): requirements.txt constraints.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) --quiet 'pip>=26' # resolves in half the time of the pip that comes with Python, and shows how far it is
	$(PIP) --no-compile -r requirements.txt
	@touch $@

$(DEV): requirements-dev.txt $(READY)
	$(PIP) --no-compile -r requirements-dev.txt
	@touch $@
