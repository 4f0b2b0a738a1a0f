"""Processor seconds of a training step of the small DETR and the small Deformable DETR, one after the other on one batch: half a minute."""

from book_lib.experiments.epochs_to_ap import step_seconds

FACTS = {"batch": 16, "steps": 9, "what": "median processor seconds of one training step, on one thread"}


def plan(runs):
    return [{"scene_set": "scenes"}]


def run(scene_set):
    return step_seconds(scene_set, batch=FACTS["batch"], steps=FACTS["steps"])
