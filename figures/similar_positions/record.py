"""Record the cosines between the position codes of the 64 patches, after and before training. Run after recipes/vit.py."""

import json
from pathlib import Path

from book_lib.experiments.named_pictures import load_vit, new_model
from book_lib.vision.patches import position_similarity

HERE = Path(__file__).parent


def cosines(model):
    """In hundredths, row by row: those of patch 0 with all 64, then those of patch 1, and so on."""
    similarity = position_similarity(model.positions.detach()[model.n_extra :])
    return (100 * similarity).round().int().flatten().tolist()


def main():
    found = {"trained": cosines(load_vit()), "start": cosines(new_model("vit", seed=0))}
    (HERE / "data.json").write_text(json.dumps(found, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
