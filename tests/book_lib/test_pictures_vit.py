"""pictures/vit.py: every picture keeps what every picture keeps, and shows the numbers it is given."""

import numpy as np
import pytest
import torch
from matplotlib.patches import Rectangle
from picture_checks import check_picture, texts

from book_lib.data.scenes import CLASSES
from book_lib.pictures import vit as draw
from book_lib.vision.patches import patchify

PICTURE = np.array([[1, 0, 2, 2], [0, 1, 2, 2], [3, 0, 0, 1], [3, 0, 1, 0]], dtype=float)
WEIGHT, TOKENS = np.array([[0.25] * 4, [0.5, -0.5, 0.5, -0.5]]), np.array([[0.5, 0], [2, 0], [1.5, 3], [0.5, 0]])
IMAGES = np.random.default_rng(0).integers(0, 256, (6, 32, 32, 3), dtype=np.uint8)
RUNS = [{"model": model, "n": n, "accuracy": accuracy + 0.01 * seed} for model, n, accuracy in
        (("vit", 100, 0.17), ("vit", 2_500, 0.4), ("vit", 50_000, 0.9), ("cnn", 100, 0.2), ("cnn", 50_000, 0.97)) for seed in range(3)]
ARMS = {("vit", "plain"): [0.5, 0.6], ("vit", "augmented"): [0.7, 0.75], ("cnn", "plain"): [0.9, 0.92]}
FIGURES = {
    "by hand": lambda: draw.by_hand(PICTURE, WEIGHT, TOKENS),
    "shuffled": lambda: draw.shuffled(IMAGES, IMAGES[::-1], (CLASSES, CLASSES[::-1])),
    "accuracies": lambda: draw.accuracies(RUNS, 1 / 6),
    "arms": lambda: draw.arms(ARMS),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_picture_follows_the_page(name):
    check_picture(FIGURES[name], "vit")


def test_the_numbers_by_hand_are_the_pixels_the_patches_and_the_tokens():
    said = [float(text.replace("−", "-")) for text in texts(draw.by_hand(PICTURE, WEIGHT, TOKENS)) if text.strip("−.0123456789") == ""]
    patches = patchify(torch.tensor(PICTURE)[None, None], 2)[0]
    assert said == [*PICTURE.ravel(), *patches.flatten().tolist(), *TOKENS.ravel(), *WEIGHT.ravel()]
    assert np.allclose(patches.numpy() @ WEIGHT.T, TOKENS)


def test_pictures_stand_above_their_shuffled_selves_under_what_they_are_called():
    panels = draw.shuffled(IMAGES, IMAGES[::-1], (CLASSES, CLASSES[::-1])).axes
    assert [axes.get_title() for axes in panels] == [*CLASSES, *CLASSES[::-1]]
    assert all(np.array_equal(axes.images[0].get_array(), image) for axes, image in zip(panels, [*IMAGES, *IMAGES[::-1]], strict=True))


def test_marks_are_the_runs_and_lines_go_through_their_means():
    (axes,) = draw.accuracies(RUNS, 1 / 6).axes
    lines = [(list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines]
    marks = [accuracy for xs, ys in lines for x, accuracy in zip(xs, ys, strict=False) if xs.count(x) == 3]
    assert sorted(marks) == pytest.approx(sorted(100 * run["accuracy"] for run in RUNS))
    means = [ys for xs, ys in lines if len(set(xs)) > 1 and xs != [0, 1]]
    assert [list(ys) for ys in means] == [pytest.approx([18, 41, 91]), pytest.approx([21, 98])]


def test_a_chart_of_one_size_is_drawn_from_the_rows_that_are_there():
    (axes,) = draw.accuracies([run for run in RUNS if run["n"] == 100], 1 / 6).axes
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["100"]


def test_bars_are_the_means_and_marks_the_starts():
    (axes,) = draw.arms(ARMS).axes
    bars = [patch.get_width() for patch in axes.patches if isinstance(patch, Rectangle)]
    assert bars == pytest.approx([55, 72.5, 91])
    assert [list(line.get_xdata()) for line in axes.lines] == [pytest.approx([100 * x for x in found]) for found in ARMS.values()]
    assert texts(axes.figure)[:3] and {"ViT, plain", "ViT, augmented", "CNN, plain"} <= set(texts(axes.figure))
