"""The static figures of chapter 9: what is in them, drawn from what data."""

import numpy as np
import pytest
import torch

from book_lib.data.scenes import make_scenes
from book_lib.pictures import detection as draw

SCENES = make_scenes(6, seed=3)


def found(scene, score):
    return {"scores": np.full(len(scene.labels), score), "labels": scene.labels, "boxes_xyxy": scene.boxes_xyxy}


def test_scenes_show_truth_and_only_sure_detections():
    figure = draw.scenes(SCENES, [found(scene, 0.9 if i % 2 else 0.1) for i, scene in enumerate(SCENES)])
    boxes = [len(axes.patches) for axes in figure.axes]
    assert boxes == [(3 if i % 2 else 2) * len(scene.labels) for i, scene in enumerate(SCENES)]
    assert [len(axes.texts) for axes in figure.axes] == [len(scene.labels) if i % 2 else 0 for i, scene in enumerate(SCENES)]


def test_query_centres_draw_each_querys_own_boxes_busiest_first():
    who = torch.tensor([4] * 5 + [2] * 9 + [7] * 2)
    figure = draw.query_centres(torch.rand(16, 2), torch.full((16,), 100.0), who, busiest=3)
    shown = [axes for axes in figure.axes if axes.collections]
    assert [len(axes.collections[0].get_offsets()) for axes in shown] == [9, 5, 2]
    assert (shown[0].get_title() or shown[0].get_title(loc="left")).endswith("2")


def test_attention_maps_lie_over_their_scene():
    figure = draw.attention_on(SCENES[0], np.random.default_rng(0).random((2, 8, 9)), SCENES[0].boxes[:1].repeat(2, 0), [3, 5])
    assert [len(axes.images) for axes in figure.axes] == [2, 2]
    assert figure.axes[1].images[1].get_array().max() == 1


def test_scores_are_drawn_as_given():
    layers = draw.by_layer([{"AP": 0.2}, {"AP": 0.5}], [{"AP": 0.3}, {"AP": 0.5}])
    assert layers.axes[0].lines[0].get_ydata().tolist() == [0.2, 0.5]
    sizes = {f"AP_{size}": value for size, value in zip(("small", "medium", "large"), (0.1, 0.2, 0.3), strict=True)}
    bars = draw.by_size(sizes, sizes).axes[0].patches
    assert [bar.get_height() for bar in bars] == [0.1, 0.2, 0.3] * 2
    runs = {"a": {"scores": {"AP": 0.4}}, "b": {"scores": {"AP": 0.1}}}
    assert [bar.get_width() for bar in draw.ablations(runs).axes[0].patches] == [0.4, 0.1]


def test_learning_draws_loss_and_scores():
    log = [{"epoch": i, "loss": 5 - i, "AP": i / 10, "AP50": i / 5} for i in range(4)]
    left, right = draw.learning(log).axes
    assert left.lines[0].get_xydata().tolist() == [[1, 5], [2, 4], [3, 3], [4, 2]]
    assert [line.get_ydata()[-1] for line in right.lines] == pytest.approx([0.6, 0.3])
