# The verbs of the house. Logic lives in tools/.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help book serve test chapter models bench coursework clean

help:
	@echo "make book | serve | test | chapter CH=02 | models | bench | coursework | clean"

$(READY): requirements.txt requirements-dev.txt pyproject.toml tools/install.sh
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh tools/install.sh
	@touch $@

book: $(READY)
	@$(BIN)/python tools/build_book.py

serve: book
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html 8000

test: $(READY)
	@$(BIN)/python tools/run_tests.py

chapter: $(READY)
	@$(BIN)/python tools/run_chapter.py "$(CH)"

models: $(READY)
	@for recipe in recipes/*.py; do [ -e "$$recipe" ] || continue; $(BIN)/python "$$recipe" || exit 1; done

bench: $(READY)
	@$(BIN)/python -m benchmarks

coursework: $(READY)
	@$(BIN)/python -m coursework build

clean:
	rm -rf _build build
