"""The pictures of the chapter on compression. Each takes numbers and returns a Matplotlib figure."""

from statistics import mean

import matplotlib
from matplotlib.figure import Figure

from book_lib.pictures.style import ACCENT, BOOK, COLUMN, IGNORED, INK, KEY, KEY_TEXT, QUERY, QUERY_TEXT, SOFT, card, label_line, name_axes
from book_lib.pictures.words import words_of

WORDS = words_of("compression")


def rounding(lines):
    """Draw how numbers move to the nearest step: a line for each list of numbers.

    lines: {title: (values [n], Quantised of these values, (lowest whole number, highest))}.
    """
    figure, panels = card(1.35 * len(lines), panels=len(lines), stacked=True)
    for axes, (title, (values, found, (low, high))) in zip(panels, lines.items(), strict=True):
        scale, zero = found.scale.item(), found.zero.item()
        steps = range(low, high + 1)
        places = [scale * (step - zero) for step in steps]
        axes.axhline(0, color=SOFT, linewidth=1)
        axes.plot(places, [0] * len(places), "|", color=INK, markersize=14, markeredgewidth=1.4)
        for step, place in zip(steps, places, strict=True):
            axes.text(place, -0.5, f"{step}".replace("-", "−"), ha="center", va="center", color=QUERY_TEXT, fontweight="bold")
            axes.text(place, -1.0, f"{place:.1f}".replace("-", "−"), ha="center", va="center", color=INK)
        for value, to in zip(values, found.values().flatten().tolist(), strict=True):
            axes.annotate("", (to, 0.08), (value, 0.62), arrowprops={"arrowstyle": "->", "color": KEY, "linewidth": 1.6, "shrinkA": 3})
            axes.plot(value, 0.62, "o", color=KEY)
            shown = f"{value:.2f}".removesuffix("0").replace("-", "−")
            axes.text(value, 1.0, shown, ha="center", va="center", color=KEY_TEXT, fontweight="bold")
        axes.set(ylim=(-1.3, 1.35), xlim=(places[0] - 0.6 * scale, places[-1] + 0.6 * scale), yticks=[], xticks=[])
        axes.set_title(title, fontweight="normal")
        axes.grid(False)
        axes.spines[:].set_visible(False)
    return figure


def spectrum(trained, random, *, break_even):
    """Draw the singular values of a trained matrix and of a random one, as shares of the largest, and the break-even rank."""
    figure, axes = card(2.7)
    for values, name, colour in ((random, WORDS["random"], IGNORED), (trained, WORDS["trained"], ACCENT)):
        shares = [value / values[0] for value in values]
        axes.plot(range(1, len(shares) + 1), shares, color=colour)
        place = len(shares) // 6 + 1
        dx, dy = (4, 12) if colour == IGNORED else (-28, -28)
        label_line(axes, place, shares[place - 1], name, SOFT if colour == IGNORED else colour, dx=dx, dy=dy)
    axes.axvline(break_even, color=KEY, linestyle=(0, (4, 3)), linewidth=1.4)
    axes.text(break_even + 1.5, 0.97, WORDS["break even"], color=KEY_TEXT, va="top")
    axes.set(ylim=(0, 1.08), xlim=(0, len(trained) + 1))
    name_axes(axes, WORDS["rank"], WORDS["singular value"])
    return figure


def before_and_after(panels):
    """Draw the quality of variants before and after a training, a panel for each model and a row for each variant.

    panels: {title: (quality of the original, [(name, before, [after, ...]), ...])}, of the trainings their mean and a bar from the worst to
    the best; the original is a dashed line down the panel.
    """
    counts = [len(rows) for _, rows in panels.values()]
    with matplotlib.rc_context(BOOK):
        figure = Figure(figsize=(COLUMN, 0.36 * sum(counts) + 0.75 * len(counts)))
        all_axes = figure.subplots(len(counts), 1, squeeze=False, height_ratios=[count + 0.6 for count in counts]).ravel()
    for axes, (title, (original, rows)) in zip(all_axes, panels.items(), strict=True):
        axes.axvline(original, color=IGNORED, linewidth=1.2, linestyle=(0, (4, 3)))
        for place, (_, before, after) in enumerate(rows):
            axes.plot([before, mean(after)], [place, place], color=IGNORED, linewidth=1.6)
            axes.plot(before, place, "o", markerfacecolor="none", markeredgecolor=SOFT, markeredgewidth=1.4)
            axes.plot(mean(after), place, "o", color=QUERY, markersize=7)
            axes.plot([min(after), max(after)], [place, place], "|-", color=QUERY, linewidth=1.6, markersize=11)
        axes.set(yticks=range(len(rows)), yticklabels=[name for name, *_ in rows], ylim=(len(rows) - 0.5, -0.5), xlim=(-0.03, 1.03))
        axes.set_title(title)
    all_axes[-1].set_xlabel(WORDS["before and after"])
    return figure
