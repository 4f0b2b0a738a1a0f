"""The look of every Matplotlib figure, and the one place where its colours stand (Okabe and Ito 2008, darkened where text needs it)."""

import sys

import matplotlib
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

INK, SOFT, LINE, PAPER = "#1d2329", "#57606a", "#d5dade", "#ffffff"
QUERY, KEY, VALUE = "#0072b2", "#d55e00", "#009e73"
POSITIVE, NEGATIVE, IGNORED = "#009e73", "#6e7781", "#8c959f"
QUERY_TEXT, KEY_TEXT, VALUE_TEXT = "#00639b", "#a84a00", "#00704f"
RECURRENT, GATED, CONVOLUTION, ATTENTION = "#a8437f", "#6a4fa3", "#8f6400", "#1d2329"
WEIGHTS = LinearSegmentedColormap.from_list("weights", [PAPER, "#0b6a8f"])

COLUMN = 7.2                                                                 # inches: 720 px at 100 dots per inch

BOOK = {
    "figure.dpi": 100, "savefig.dpi": 200, "figure.facecolor": PAPER, "savefig.facecolor": PAPER, "figure.constrained_layout.use": True,
    "font.family": "DejaVu Sans", "font.size": 10, "text.color": INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": SOFT, "axes.labelcolor": INK, "axes.linewidth": 0.8,
    "axes.titlesize": 10.5, "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.titlepad": 10, "axes.axisbelow": True,
    "axes.grid": True, "grid.color": LINE, "grid.linewidth": 0.6, "lines.linewidth": 2, "lines.markersize": 5.5,
    "xtick.color": SOFT, "ytick.color": SOFT, "xtick.labelcolor": INK, "ytick.labelcolor": INK,
    "xtick.minor.size": 0, "ytick.minor.size": 0,
}


def use_book_style():
    """Give all following figures the book's look: a white card as wide as the column, at twice its resolution in a notebook."""
    matplotlib.rcParams.update(BOOK)
    if "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None:
        from matplotlib_inline.backend_inline import set_matplotlib_formats
        set_matplotlib_formats("retina", bbox_inches=None)


def card(height, panels=1):
    """Open an empty figure of column width and the given height in inches; returns (figure, axes), a list for several panels."""
    with matplotlib.rc_context(BOOK):
        figure = Figure(figsize=(COLUMN, height))
        axes = figure.subplots(1, panels)
    return figure, axes


def label_line(axes, x, y, text, colour, *, dx=6, dy=0, ha="left", va="center"):
    """Write a line's name beside its point (x, y), dx and dy in points away from it."""
    halo = [withStroke(linewidth=3, foreground=PAPER)]
    return axes.annotate(
        text, (x, y), (dx, dy), textcoords="offset points", color=colour, ha=ha, va=va, fontweight="bold", path_effects=halo)


def label_ends(axes, ends, gap=13, leaders=False):
    """Name each line at its right end; ends: (x, y, text, colour) for each. Names that would touch are moved gap points apart.

    With leaders, a thin line leads from the end of each line to its name.
    """
    axes.figure.draw_without_rendering()
    points = 72 / axes.figure.dpi
    heights = {text: axes.transData.transform((x, y))[1] * points for x, y, text, _ in ends}
    lowest = -float("inf")
    for x, y, text, colour in sorted(ends, key=lambda end: heights[end[2]]):
        place = max(heights[text], lowest + gap)
        lowest = place
        dx, dy = 26 if leaders else 9, place - heights[text]
        label_line(axes, x, y, text, colour, dx=dx, dy=dy)
        if leaders:
            leader = {"arrowstyle": "-", "color": colour, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 3}
            axes.annotate("", (x, y), (dx - 3, dy), textcoords="offset points", arrowprops=leader)
