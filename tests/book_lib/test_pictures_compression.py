"""pictures/compression.py: every picture draws the numbers it is given, and keeps what every picture keeps."""

import pytest
import torch
from picture_checks import check_picture

from book_lib.compression import quantise, quantise_between
from book_lib.pictures import compression as draw

WEIGHTS, INPUTS = [0.9, -0.5, 0.2], [1.0, 0.26, -0.4]
LINES = {"a row of weights": (WEIGHTS, quantise(torch.tensor([WEIGHTS]), bits=3), (-3, 3)),
         "inputs": (INPUTS, quantise_between(torch.tensor(INPUTS), -0.4, 1.0, bits=3), (0, 7))}
PANELS = {"one model": (0.96, [("original", 0.96, [0.97]), ("pruned 75 %", 0.01, [0.94, 0.95, 0.96]), ("layers shared", 0.4, [0.9, 0.8])]),
          "another": (0.79, [("keys shared", 0.5, [0.7]), ("2:4", 0.1, [0.6, 0.62])])}
NAMES = {name for _, rows in PANELS.values() for name, *_ in rows} | {*PANELS}
GIVEN = {"rounding": {*LINES}, "spectrum": set(), "before and after": NAMES}
FIGURES = {
    "rounding": lambda: draw.rounding(LINES),
    "spectrum": lambda: draw.spectrum([3.0, 2.5, 1.0, 0.5, 0.4, 0.2, 0.1, 0.05], [1.0, 0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.1], break_even=4),
    "before and after": lambda: draw.before_and_after(PANELS),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_picture_follows_the_page(name):
    check_picture(FIGURES[name], "compression", given=GIVEN[name])


def test_arrows_end_on_the_values_that_are_left():
    figure = draw.rounding(LINES)
    for axes, (values, found, (low, high)) in zip(figure.axes, LINES.values(), strict=True):
        ends = [(note.xyann[0], note.xy[0]) for note in axes.texts if hasattr(note, "xyann")]
        assert ends == list(zip(values, found.values().flatten().tolist(), strict=True))
        assert len(axes.lines[1].get_xdata()) == high - low + 1
        assert all(abs(a - b) <= found.scale.item() / 2 + 1e-6 for a, b in ends)


def test_the_spectrum_is_drawn_as_shares_and_the_break_even_rank_stands_in_it():
    axes = draw.spectrum([4.0, 2.0, 1.0], [2.0, 2.0, 1.0], break_even=1.5).axes[0]
    assert list(axes.lines[0].get_ydata()) == [1, 1, 0.5] and list(axes.lines[1].get_ydata()) == [1, 0.5, 0.25]
    assert axes.lines[2].get_xdata()[0] == 1.5


def test_every_variant_has_its_two_marks_and_a_bar_from_worst_to_best():
    for axes, (original, rows) in zip(draw.before_and_after(PANELS).axes, PANELS.values(), strict=True):
        marks = [line for line in axes.lines if line.get_marker() == "o"]
        means = [x for _, before, after in rows for x in (before, sum(after) / len(after))]
        assert [line.get_xdata()[0] for line in marks] == pytest.approx(means)
        bars = [line for line in axes.lines if line.get_marker() == "|"]
        assert [tuple(line.get_xdata()) for line in bars] == [(min(after), max(after)) for *_, after in rows]
        assert axes.lines[0].get_xdata()[0] == original
