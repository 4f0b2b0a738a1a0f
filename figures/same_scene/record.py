"""What the figure shows before its models are loaded: how to draw scenes, those to begin with, and both detectors' answers to the first.

`python figures/same_scene/record.py` writes data.json; run it after a training of models/detr or models/deformable_detr.
"""

import json
from pathlib import Path

from book_lib.book.placed_scenes import deformable_answer, page_data

HERE = Path(__file__).parent


def first_objects():
    return json.loads((HERE / "traits.json").read_text("utf-8"))["objects"]["default"]


def scenes():
    """The scenes to begin with: the figure's first state, two discs, and a dozen objects."""
    twins = [{"name": "disc", "x": x, "y": 40, "side": 18, "colour": 0} for x in (36, 46)]
    names, colours, twelve = ["disc", "ring", "square", "triangle", "cross", "digit"], (0, 1, 2, 3, 4, 3, 5, 4, 1, 2, 0, 5), []
    for i, name in enumerate(2 * names):
        one = {"name": name, "x": 11.5 + 19 * (i % 4), "y": 14 + 26 * (i // 4), "side": 14, "colour": colours[i]}
        twelve.append(one | ({"digit": 5} if name == "digit" else {}))
    return [first_objects(), twins, twelve]


def main():
    data = page_data(first_objects()) | {"deformable": deformable_answer(first_objects()), "scenes": scenes()}
    (HERE / "data.json").write_text(json.dumps(data, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
