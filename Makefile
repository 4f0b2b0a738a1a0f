# The verbs of the house. Logic lives in tools/.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BUILD := $(VENV)/.can-build
ALL := $(VENV)/.can-test

.PHONY: help book serve lab test portability chapter models page-models experiments bench coursework clean

help:
	@echo "make book | serve | lab | test [CH=02] | portability | chapter CH=02 | models | page-models | experiments CH=02 | bench | coursework | clean"

$(BUILD): requirements.txt requirements-book.txt pyproject.toml tools/install.sh
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh tools/install.sh book
	@touch $@

$(ALL): $(BUILD) requirements-dev.txt package-lock.json
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh tools/install.sh dev
	@touch $@

book: $(BUILD)
	@$(BIN)/python tools/build_book.py

serve: book
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html 8000

lab: $(ALL)
	@$(BIN)/python -m jupyterlab chapters

test: $(ALL)
	@$(BIN)/python tools/run_tests.py $(if $(CH),--chapter "$(CH)")

portability: $(ALL)
	@$(BIN)/python tools/portability.py

chapter: $(BUILD)
	@$(BIN)/python tools/run_chapter.py "$(CH)"

models: $(ALL)
	@for recipe in recipes/*.py figures/*/record.py; do [ -e "$$recipe" ] || continue; $(BIN)/python "$$recipe" || exit 1; done

page-models: $(ALL)
	@$(BIN)/python tools/page_models.py $(MODEL)

experiments: $(ALL)
	@$(BIN)/python tools/experiments.py "$(CH)"

bench: $(ALL)
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks.pages

coursework: $(ALL)
	@$(BIN)/python -m coursework build

clean:
	rm -rf _build build
