"""The pictures of the lab on compression. Each takes stored or measured numbers and returns a Matplotlib figure."""

from matplotlib.lines import Line2D

from book_lib.pictures.style import GATED, IGNORED, KEY, QUERY, VALUE, card, name_axes
from book_lib.pictures.words import words_of

WORDS = words_of("compression_lab")
MARKS = {"pruned": ("v", QUERY), "low rank": ("s", KEY), "3 bits": ("o", VALUE), "halved": ("D", GATED)}


def sensitivity(whole, parts, quality):
    """Draw the quality of a model with one part compressed, a row for each part, a mark for each method.

    whole: the quality with nothing compressed; parts: {part: {method: quality}}; quality: what the axis is called.
    """
    figure, axes = card(0.3 * len(parts) + 1.3)
    axes.axvline(whole, color=IGNORED, linewidth=1.2, linestyle=(0, (4, 3)))
    for place, found in enumerate(parts.values()):
        for method, value in found.items():
            sign, colour = MARKS["halved" if "halved" in method else method]
            axes.plot(value, place, sign, color=colour, markersize=7, alpha=0.9)
    axes.set(yticks=range(len(parts)), yticklabels=list(parts), ylim=(len(parts) - 0.5, -0.5), xlim=(-0.03, 1.03), xlabel=quality)
    marks = [Line2D([], [], marker=sign, color=colour, linestyle="none") for sign, colour in MARKS.values()]
    figure.legend(marks, [WORDS["methods"][method] for method in MARKS], loc="outside upper left", ncols=2, frameon=False)
    return figure


def bits(panels):
    """Draw quality against bits, a panel for each model: {what the quality is: {name of the line: [(bits, quality), …]}}."""
    figure, all_axes = card(3.2, panels=len(panels))
    names = list(next(iter(panels.values())))
    for axes, (title, lines) in zip(all_axes, panels.items(), strict=True):
        for name, points in lines.items():
            axes.plot(*zip(*sorted(points), strict=True), "o-", color=(QUERY, KEY, VALUE)[names.index(name)], markersize=5)
        axes.set(ylim=(-0.03, 1.03), xlim=(1.7, 8.3), xticks=[2, 3, 4, 5, 6, 8])
        name_axes(axes, WORDS["bits"], title)
    figure.legend(all_axes[0].lines, names, loc="outside upper left", ncols=2, frameon=False)
    return figure


def pareto(rows, chosen, *, quality, best):
    """Draw every variant of a model twice: quality against the size of its file and against the time of an answer, best ones joined.

    rows: dicts with name, bytes, time and quality; chosen: name of the one that is marked; quality: what it is called; best: the names on
    the line in each panel, {"bytes": […], "time": […]}.
    """
    figure, all_axes = card(3.6, panels=2)
    worst, top = (choose(row["quality"] for row in rows) for choose in (min, max))
    room = 0.2 * (top - worst)
    for axes, measure in zip(all_axes, ("bytes", "time"), strict=True):
        scale = 1e6 if measure == "bytes" else 1.0
        for row in rows:
            axes.plot(row[measure] / scale, row["quality"], "o", color=QUERY if row["name"] in best[measure] else IGNORED, markersize=6)
        line = sorted((row[measure] / scale, row["quality"]) for row in rows if row["name"] in best[measure])
        axes.plot(*zip(*line, strict=True), color=QUERY, linewidth=1.2, drawstyle="steps-post")
        (one,) = [row for row in rows if row["name"] == chosen]
        (ring,) = axes.plot(one[measure] / scale, one["quality"], "o", markersize=13, markerfacecolor="none", markeredgecolor=KEY,
                            markeredgewidth=2)
        axes.set(ylim=(worst - room, top + room))
        name_axes(axes, WORDS[measure], quality)
    figure.legend([ring], [chosen], loc="outside upper left", frameon=False)
    return figure
