#!/bin/sh
# Make the virtual environment that every other verb uses.
set -eu
"$PYTHON" -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: make PYTHON=/path/to/python3.11")'
[ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV"
pip() { "$VENV/bin/python" -m pip --disable-pip-version-check "$@"; }
torch=$(grep '^torch==' requirements.txt)
echo "Installing into $VENV (some minutes the first time)"
# The CPU build of torch is a tenth of the CUDA build that PyPI serves on Linux; where its index is out of reach, any build will do.
if ! "$VENV/bin/python" -c "import importlib.metadata as m; assert m.version('torch').split('+')[0] == '${torch#torch==}'" 2>/dev/null; then
    pip install --quiet --no-deps --retries 0 --timeout 20 --index-url https://download.pytorch.org/whl/cpu "$torch" 2>/dev/null || pip install --quiet "$torch"
fi
pip install --quiet -r requirements-dev.txt
pip install --quiet --no-deps --no-build-isolation -e .
