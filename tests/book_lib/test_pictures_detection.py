"""pictures/detection.py: every picture draws the data it is given, and keeps what every picture keeps."""

import numpy as np
import pytest
import torch
from picture_checks import check_picture

from book_lib.data.scenes import CLASSES, make_scenes
from book_lib.pictures import detection as draw

SCENES = make_scenes(6, seed=3)


def found(scene, score):
    return {"scores": np.full(len(scene.labels), score), "labels": scene.labels, "boxes_xyxy": scene.boxes_xyxy}


LOG = [{"epoch": i, "loss": 5 - i, "AP": i / 10, "AP50": i / 5} for i in range(4)]
SCORES = {"AP": 0.2, "AP_small": 0.1, "AP_medium": 0.2, "AP_large": 0.3}
RIVALS = [{"detector": name, "padded": SCORES, "alone": {size: value + 0.1 * start for size, value in SCORES.items()}}
          for name in ("detr", "dense") for start in range(3)]
BOXES = [[0.5, 0.5, 0.2, 0.2], [0.3, 0.3, 0.2, 0.2], [0.7, 0.7, 0.4, 0.2], [0.5, 0.5, 0.4, 0.4]]
PLACES = [[0.5, 0.5, 0.3, 0.3], [0.3, 0.35, 0.2, 0.2]]
COST = np.array([[0.01, 1.82], [3.13, -1.16], [3.38, 5.91], [-0.55, 3.52]])
RUNS = {"full model": {"scores": {"AP": 0.4}}, "no positions": {"scores": {"AP": 0.1}}}
MAPS = np.random.default_rng(0).random((2, *(-(-side // 8) for side in SCENES[0].size)))
FIGURES = {
    "scenes": lambda: draw.scenes(SCENES[:4], [found(scene, 0.9) for scene in SCENES[:4]]),
    "centres": lambda: draw.query_centres(CENTRES, torch.full((800,), 100.0), torch.arange(800) % 8, torch.arange(800) % 3 < 2),
    "four predictions": lambda: draw.four_predictions(BOXES, PLACES, COST, [(1, 1), (3, 0)]),
    "two boxes": lambda: draw.two_boxes((0, 0, 0.4, 0.4), (0.2, 0.2, 0.6, 0.6)),
    "rivals": lambda: draw.rivals(RIVALS, RIVALS[:1] + RIVALS[3:4]),
    "duplicates": lambda: draw.duplicates({"full model": 0.07, "no positions": 0.46}),
    "attention": lambda: draw.attention_on(SCENES[0], MAPS, SCENES[0].boxes[:1].repeat(2, 0), [3, 5]),
    "layers": lambda: draw.by_layer([{"AP": 0.2}, {"AP": 0.5}], [{"AP": 0.3}, {"AP": 0.5}]),
    "ablations": lambda: draw.ablations(RUNS),
    "learning": lambda: draw.learning(LOG),
}
CENTRES = torch.rand(800, 2, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", FIGURES)
def test_a_picture_follows_the_page(name):
    check_picture(FIGURES[name], "detection", given={*RUNS, *CLASSES, "AP50"})


def test_scenes_show_truth_and_only_sure_detections():
    figure = draw.scenes(SCENES, [found(scene, 0.9 if i % 2 else 0.1) for i, scene in enumerate(SCENES)])
    boxes = [len(axes.patches) for axes in figure.axes]
    assert boxes == [(3 if i % 2 else 2) * len(scene.labels) for i, scene in enumerate(SCENES)]
    assert [len(axes.texts) for axes in figure.axes] == [len(scene.labels) if i % 2 else 0 for i, scene in enumerate(SCENES)]


def test_query_centres_draw_each_querys_own_boxes_busiest_first_and_coloured_by_size():
    who, areas = torch.tensor([4] * 5 + [2] * 9 + [7] * 2), torch.full((16,), 100.0)
    areas[5:8], areas[8] = 200.0, 900.0
    sure = torch.ones(16, dtype=torch.bool)
    sure[13] = False
    shown = [axes for axes in draw.query_centres(torch.rand(16, 2), areas, who, sure, busiest=3).axes if axes.collections]
    dots = [[len(cloud.get_offsets()) for cloud in axes.collections] for axes in shown]
    assert dots == [[1, 4, 3, 1], [0, 5, 0, 0], [0, 2, 0, 0]]                # silent, small, medium, large
    assert (shown[0].get_title() or shown[0].get_title(loc="left")).endswith("2")


def test_the_example_of_matching_shows_its_boxes_and_marks_its_pairs():
    left, right = draw.four_predictions(BOXES, PLACES, COST, [(1, 1), (3, 0)]).axes
    drawn = sorted(tuple(np.round([*patch.get_xy(), patch.get_width(), patch.get_height()], 6)) for patch in left.patches)
    wanted = sorted((round(cx - w / 2, 6), round(cy - h / 2, 6), w, h) for cx, cy, w, h in BOXES + PLACES)
    assert drawn == wanted
    bold = {text.get_text() for text in right.texts if text.get_fontweight() == "bold"}
    assert bold == {"−1.16", "−0.55"} and len(right.texts) == 8


def test_two_boxes_states_the_areas_that_giou_is_made_of():
    said = {text.get_text() for text in draw.two_boxes((0, 0, 0.4, 0.4), (0.2, 0.2, 0.6, 0.6)).axes[0].texts}
    assert {"0.04", "shared: 0.04", "box around both: 0.36", "left empty: 0.08"} <= said


def test_attention_shows_the_scene_itself_the_less_attended_the_paler():
    scene = SCENES[0]
    h, w = scene.size
    maps = np.full((1, -(-h // 8), -(-w // 8)), 0.2)
    maps[0, 2, 3], maps[0, 2, 4] = 1.0, 0.6
    axes = draw.attention_on(scene, maps, scene.boxes[:1], [7]).axes[0]
    (image,) = axes.images
    drawn = np.asarray(image.get_array())
    assert np.array_equal(drawn[..., :3], scene.image / 255)                 # no pixel of the scene is darkened or painted over
    assert drawn[16:24, 24:32, 3] == pytest.approx(1) and drawn[16:24, 32:40, 3] == pytest.approx(0.8)
    assert drawn[0, 0, 3] == pytest.approx(0.6)
    line = axes.lines[0].get_xydata()
    ends = line[~np.isnan(line[:, 0])] + 0.5
    assert ends.min(0).tolist() == [24, 16] and ends.max(0).tolist() == [40, 24] and len(ends) == 2 * 6      # round both cells, not between


def test_scores_are_drawn_as_given():
    layers = draw.by_layer([{"AP": 0.2}, {"AP": 0.5}], [{"AP": 0.3}, {"AP": 0.5}])
    assert layers.axes[0].lines[0].get_ydata().tolist() == [0.2, 0.5]
    padded, alone = draw.rivals(RIVALS, RIVALS[:1]).axes
    drawn = [np.asarray(line.get_xdata()).tolist() for line in alone.lines]
    assert drawn[:2] == [[0.2], [pytest.approx(0.2), pytest.approx(0.3), pytest.approx(0.4)]] and len(padded.lines) == 16
    assert alone.texts[0].get_text() == "0.30"                               # the mean of the starts
    assert draw.rivals([], RIVALS[:1]).axes[1].texts[0].get_text() == "0.20"
    assert [bar.get_width() for bar in draw.duplicates({"a": 0.07, "b": 0.5}).axes[0].patches] == [pytest.approx(7), 50]
    runs = {"a": {"scores": {"AP": 0.4}}, "b": {"scores": {"AP": 0.1}}}
    assert [bar.get_width() for bar in draw.ablations(runs).axes[0].patches] == [0.4, 0.1]


def test_learning_draws_loss_and_scores():
    left, right = draw.learning(LOG).axes
    assert left.lines[0].get_xydata().tolist() == [[1, 5], [2, 4], [3, 3], [4, 2]]
    assert [line.get_ydata()[-1] for line in right.lines] == pytest.approx([0.6, 0.3])
