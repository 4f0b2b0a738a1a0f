"""One object query along the training of the small Deformable DETR, of models/looks_over_training, with the scene it was asked about.

`python figures/looks_over_training/record.py` writes data.json; run it after `make experiments CH=11` has made that table again.
"""

import json
from pathlib import Path

from book_lib.book.models import load_log
from book_lib.book.packing import plain_scene, thousandths
from book_lib.data.scenes import CLASSES, make_scene

DATA = Path(__file__).with_name("data.json")


def training_run(table, scene):
    """What the figure shows: {"classes", "scene", "object": the index of the one that the query answers for, "epochs": one dict an epoch}.

    table: models/looks_over_training; scene: the Scene it is about. Points are [x, y, weight] in ten thousandths, in the order of the
    table; "levels" has their levels.
    """
    looks = sorted(table["runs"], key=lambda run: run["epoch"])
    epochs = [
        {"reference": thousandths(one["reference"]), "box": thousandths(one["box"]), "score": one["score"], "label": one["label"],
         "points": [thousandths(point[:3]) for point in one["points"]]}
        for one in looks
    ]
    return {"classes": list(CLASSES), "scene": plain_scene(scene), "object": int(scene.boxes[:, 2:].prod(1).argmax()),
            "query": looks[-1]["query"], "levels": [point[3] for point in looks[-1]["points"]], "epochs": epochs}


def main():
    table = load_log("looks_over_training")
    data = training_run(table, make_scene(table["scene"]))
    DATA.write_text(json.dumps(data, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
