"""A figure's own JavaScript, asked from a test: its functions run in Node, one process for all questions."""

import functools
import json
import subprocess
from decimal import ROUND_HALF_UP, Decimal

from book_lib.book.figure import FIGURES, declared_traits, figure, module, words
from node import node_program

NODE = """
const loaded = {};
require("readline").createInterface({ input: process.stdin }).on("line", async line => {
  const { name, source, labels, traits, expression } = JSON.parse(line);
  let answer;
  try {
    loaded[name] ??= import("data:text/javascript," + encodeURIComponent(source));
    const m = (await loaded[name]).default.make(labels, traits);
    answer = { value: eval(expression) ?? null };
  } catch (error) {
    answer = { error: error.message };
  }
  console.log(JSON.stringify(answer));
});
"""

NEEDED = {                                              # what a figure cannot do without
    "quiz": {"chapter": "02_self_attention"},
    "prune_heads": {"table": [[990, 980], [700, 650], [800, 790], [300, 280]], "kinds": ["a/an"]},
}


@functools.cache
def node():
    return subprocess.Popen([node_program(), "-e", NODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")


def in_javascript(name, expression):
    """The value of an expression over what a figure's module makes, `m`. Raises ValueError with the message of what was thrown."""
    request = {"name": name, "source": module(name), "labels": words(name), "traits": declared_traits(name), "expression": expression}
    node().stdin.write(json.dumps(request) + "\n")
    node().stdin.flush()
    answer = json.loads(node().stdout.readline())
    if "error" in answer:
        raise ValueError(answer["error"])
    return answer["value"]


def state_of(name, **settings):
    """The whole state of a figure with these settings, checked by its traits: what its functions are given."""
    made = figure(name, **settings)
    return {trait: getattr(made, trait) for trait in declared_traits(name)} | {"data": made.data}


def ask(name, expression, **settings):
    """The value of an expression over the figure's functions `m` and its state `s`."""
    return in_javascript(name, f"(s => {expression})({json.dumps(state_of(name, **settings))})")


def ask_each(name, expression, settings, **common):
    """The same for many states that have large data in common."""
    states = [state_of(name, **common, **one) for one in settings]
    shared = json.dumps(states[0]["data"])
    changes = json.dumps([state | {"data": None} for state in states])
    return in_javascript(name, f"(data => {changes}.map(change => (s => {expression})({{ ...change, data }})))({shared})")


def said(name, **settings):
    """What a figure says of a state, in its readout."""
    return ask(name, "m.sentence(s)", **settings)


def said_first(name, **settings):
    """The same of a figure with a live model, before the model has been asked: m.first(s) says what is recorded."""
    return ask(name, "m.first(s)", **settings)


def data_file(name):
    return json.loads((FIGURES / name / "data.json").read_text("utf-8"))


def number(x, digits=2):
    """A number as the figures print it: half away from zero as in JavaScript, a real minus sign, never "−0.00"."""
    text = str(Decimal(float(x)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "−")
