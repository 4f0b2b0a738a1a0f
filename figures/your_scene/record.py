"""What the figure shows before its model is loaded: ground, noise, digits, the scenes to begin with and the detector's answer to the first.

`python figures/your_scene/record.py` writes data.json; run it after a training of models/detr.
"""

import json
from pathlib import Path

from book_lib.book.placed_scenes import page_data

HERE = Path(__file__).parent


def first_objects():
    return json.loads((HERE / "traits.json").read_text("utf-8"))["objects"]["default"]


def scenes():
    """The scenes to begin with: the figure's first state, then what the prompts ask for."""
    twins = [{"name": "disc", "x": x, "y": 40, "side": 18, "colour": 0} for x in (36, 46)]
    nine, names = [], ["disc", "ring", "square", "triangle", "cross", "digit", "disc", "ring", "square"]
    for i, name in enumerate(names):
        one = {"name": name, "x": 14 + 26 * (i % 3), "y": 14 + 26 * (i // 3), "side": 15, "colour": (0, 1, 2, 3, 4, 3, 5, 4, 1)[i]}
        nine.append(one | ({"digit": 5} if name == "digit" else {}))
    twelve, colours = [], (0, 1, 2, 3, 4, 3, 5, 4, 1, 2, 0, 5)
    for i, name in enumerate(2 * names[:6]):
        one = {"name": name, "x": 11.5 + 19 * (i % 4), "y": 14 + 26 * (i // 4), "side": 14, "colour": colours[i]}
        twelve.append(one | ({"digit": 5} if name == "digit" else {}))
    return [first_objects(), twins, nine, twelve, []]


def main():
    data = page_data(first_objects()) | {"scenes": scenes()}
    (HERE / "data.json").write_text(json.dumps(data, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
