"""What the figure shows before its model is loaded: ground, noise, digits, the scenes to begin with and the detector's answer to the first.

`python figures/assignment_playground/record.py` writes data.json; run it after a training of models/detr.
"""

import json
from pathlib import Path

from book_lib.book.placed_scenes import page_data

HERE = Path(__file__).parent


def first_objects():
    return json.loads((HERE / "traits.json").read_text("utf-8"))["objects"]["default"]


def scenes():
    """The scenes to begin with: the figure's first state, one object inside another, small and large ones."""
    inside = [{"name": "square", "x": 40, "y": 40, "side": 48, "colour": 1}, {"name": "disc", "x": 46, "y": 44, "side": 14, "colour": 2}]
    sizes = [{"name": "disc", "x": 12, "y": 12, "side": 8, "colour": 0}, {"name": "cross", "x": 29, "y": 17, "side": 14, "colour": 4},
             {"name": "square", "x": 60, "y": 20, "side": 26, "colour": 2}, {"name": "ring", "x": 38, "y": 56, "side": 40, "colour": 5}]
    return [first_objects(), inside, sizes]


def main():
    data = page_data(first_objects()) | {"scenes": scenes()}
    del data["answer"]["weights"]                                # attention is not shown here
    (HERE / "data.json").write_text(json.dumps(data, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
