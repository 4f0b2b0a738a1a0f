"""What one query of the shipped Deformable DETR looks at in one scene, after each epoch of its training: seconds, once its recipe has run.

Reads the snapshots that recipes/deformable_detr.py leaves in build/recipes/deformable_snapshots; epoch 0 is the untrained model. The query
is the one that answers in the end for the largest object of the scene.
"""

from pathlib import Path

import torch
from safetensors.torch import load_file

from book_lib.book.models import ROOT, load_log
from book_lib.data.scenes import make_scene
from book_lib.experiments.far_points import look_of, query_of
from book_lib.experiments.small_deformable import load_deformable, new_deformable
from book_lib.experiments.small_detectors import HELD_OUT_SEED

SNAPSHOTS = Path(ROOT) / "build" / "recipes" / "deformable_snapshots"
SCENE = HELD_OUT_SEED + 6
FACTS = {"scene": SCENE, "of": "models/deformable_detr"}


def plan(runs):
    return [{"epoch": epoch} for epoch in range(load_log("deformable_detr")["settings"]["epochs"] + 1)]


def run(epoch):
    torch.set_num_threads(1)
    scene = make_scene(SCENE)
    query = query_of(load_deformable(), scene, scene.boxes[:, 2:].prod(1).argmax())
    model = new_deformable(seed=load_log("deformable_detr")["seed"])
    if epoch:
        path = SNAPSHOTS / f"{epoch - 1:03}.safetensors"
        if not path.exists():
            raise ValueError(f"there is no {path.name} in {SNAPSHOTS.name}/; run recipes/deformable_detr.py first")
        model.load_state_dict(load_file(path))
    return {"query": query} | look_of(model.eval(), scene, query)
