"""The figures of the chapter on positions. Each takes measured data and returns a Matplotlib figure."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_rgba

from book_lib.pictures.style import (
    ACCENT,
    CONVOLUTION,
    GATED,
    IGNORED,
    INK,
    KEY,
    KEY_TEXT,
    QUERY,
    QUERY_TEXT,
    RECURRENT,
    SOFT,
    WASH,
    card,
    label_ends,
    label_line,
    name_axes,
)
from book_lib.pictures.words import words_of

CODES = {
    "none": (IGNORED, "x"), "sinusoidal": (ACCENT, "o"), "learned": (RECURRENT, "s"), "relative": (CONVOLUTION, "^"),
    "rotary": (INK, "D"), "ALiBi": (GATED, "v"), "ALiBi, slope 1/2": (GATED, ""),
}
WEIGHTS = LinearSegmentedColormap.from_list("weights", [(ACCENT, 0), (ACCENT, 1)])       # transparent where the paper should show
SIGNED = LinearSegmentedColormap.from_list(
    "signed", [(0, to_rgba(QUERY)), (0.5, to_rgba(QUERY, 0)), (0.5, to_rgba(KEY, 0)), (1, to_rgba(KEY))])
WORDS = words_of("positional")


def clock_hands(code):
    """Draw a position code as clocks: a row for each clock, a column for each position, sine and cosine under each.

    code [positions, d_model], as sinusoidal_code returns it: the cosine is how far right the tip of the hand is, the sine how far up.
    """
    code = np.asarray(code)
    figure, axes = card(1.55 * code.shape[1] / 2 + 0.35)
    clocks, positions = code.shape[1] // 2, len(code)
    circle = np.linspace(0, 2 * np.pi, 60)
    for clock in range(clocks):
        for position in range(positions):
            x, y = 3 * position, -3.4 * clock
            sine, cosine = code[position, 2 * clock : 2 * clock + 2]
            axes.plot(x + np.cos(circle), y + np.sin(circle), color=SOFT, linewidth=1)
            axes.plot([x, x + cosine], [y, y + sine], color=ACCENT, linewidth=2.5)
            axes.plot(x + cosine, y + sine, "o", color=ACCENT)
            axes.text(x, y - 1.2, WORDS["pair"].format(sine=f"{sine:.2f}", cosine=f"{cosine:.2f}").replace("-", "−"), ha="center", va="top")
        axes.text(-1.4, -3.4 * clock, WORDS["clock"].format(clock=clock), ha="right", va="center", color=SOFT)
    for position in range(positions):
        axes.text(3 * position, 1.3, WORDS["position"].format(position=position), ha="center", va="bottom", color=SOFT)
    axes.set(xlim=(-3.6, 3 * positions - 1.5), ylim=(-3.4 * clocks + 1.4, 2), aspect="equal")
    axes.axis("off")
    return figure


def turned_pairs(query, key, turn, places):
    """Draw a query and a key of two features, each turned by its position: a panel for each pair of positions, the score above it.

    query, key: two numbers each; turn: radians a position, anticlockwise; places: (position of query, position of key), one a panel.
    """
    figure, axes = card(1.7, len(places))
    longest = max(np.hypot(*query), np.hypot(*key))
    roles = (query, QUERY, QUERY_TEXT, WORDS["query at"]), (key, KEY, KEY_TEXT, WORDS["key at"])
    for panel, positions in zip(np.atleast_1d(axes), places, strict=True):
        angles, tips = [], []
        for position, (pair, colour, dark, name) in zip(positions, roles, strict=True):
            angle, length = np.arctan2(pair[1], pair[0]) + turn * position, np.hypot(*pair)
            tip = length * np.array([np.cos(angle), np.sin(angle)])
            panel.plot([0, tip[0]], [0, tip[1]], color=colour, linewidth=2.5, clip_on=False)
            panel.plot(*tip, "o", color=colour, clip_on=False)
            panel.annotate(name.format(position=position), tip, (0, 8), textcoords="offset points", color=dark, va="bottom",
                           ha="center")
            angles.append(angle)
            tips.append(tip)
        between = np.linspace(*angles, 40)
        panel.plot(0.35 * longest * np.cos(between), 0.35 * longest * np.sin(between), color=SOFT, linewidth=1)
        panel.set_title(WORDS["score"].format(score=f"{tips[0] @ tips[1]:.2f}").replace("-", "−"))
        panel.set(xlim=(-1.2 * longest, 1.2 * longest), ylim=(-0.1 * longest, 1.2 * longest), aspect="equal")
        panel.axis("off")
    return figure


def accuracy_by_start(starts, moved):
    """Draw how many answers are right where a sequence begins at each of the starts, where only some of the code's clocks have moved on.

    moved: {name: shares from 0 to 1, one list over starts for each seed}, one panel a name: mean of the seeds, band from worst to best.
    """
    figure, panels = card(1.25 * len(moved) + 0.4, len(moved), stacked=True)
    for axes, (name, runs) in zip(panels, moved.items(), strict=True):
        runs = 100 * np.asarray(runs)
        axes.fill_between(starts, runs.min(axis=0), runs.max(axis=0), color=ACCENT, alpha=0.18, linewidth=0)
        axes.plot(starts, runs.mean(axis=0), color=ACCENT)
        axes.set(ylim=(50, 103), yticks=(50, 75, 100), xticks=range(starts[0], starts[-1] + 1, 16))
        axes.set_xlim(starts[0], starts[-1] + 0.3 * (starts[-1] - starts[0]))
        axes.tick_params(labelbottom=axes is panels[-1])
        label_line(axes, starts[-1], 75, name, ACCENT, dx=9)
    panels[0].set_title(WORDS["accuracy"], fontweight="normal")
    panels[-1].set_xlabel(WORDS["start"])
    return figure


def accuracy_by_length(lengths, accuracies, bound, trained):
    """Draw how many answers are right at each length, for every position code: mean of the seeds, band from worst to best.

    lengths: the n tried; accuracies: {code: one list over lengths for each seed}, shares from 0 to 1; bound: the best guess without order
    at each length; trained: the length that training used.
    """
    figure, axes = card(3.9)
    axes.axvspan(lengths[0], trained, color=WASH, zorder=0, linewidth=0)
    label_line(axes, trained, 7, WORDS["trained"].format(trained=trained), SOFT, dx=6)
    axes.plot(lengths, 100 * np.asarray(bound), color=SOFT, linestyle=":", linewidth=1.5)
    ends = [(lengths[-1], 100 * bound[-1], WORDS["bag"], SOFT)]
    for code, runs in accuracies.items():
        colour, marker = CODES[code]
        runs = 100 * np.asarray(runs)
        if runs.shape[1:] != (len(lengths),):
            raise ValueError(f"accuracies[{code!r}] has shape {list(runs.shape)}, expected [seeds, {len(lengths)}]")
        axes.fill_between(lengths, runs.min(axis=0), runs.max(axis=0), color=colour, alpha=0.18, linewidth=0)
        axes.plot(lengths, runs.mean(axis=0), color=colour, marker=marker, linewidth=2 if marker else 1)
        ends.append((lengths[-1], runs[:, -1].mean(), code, colour))
    name_axes(axes, WORDS["length"], WORDS["accuracy"])
    axes.set(ylim=(0, 104), xticks=lengths)
    axes.set_xlim(lengths[0], lengths[-1] + 0.4 * (lengths[-1] - lengths[0]))
    label_ends(axes, ends, leaders=len(ends) > 4)
    return figure


def accuracy_by_position(accuracies, trained):
    """Draw how many answers are right at each position of long sequences: mean of the seeds, band from worst to best.

    accuracies: {name: one list over the positions 1, 2 … for each seed}, shares from 0 to 1; trained: how many positions training used.
    """
    figure, axes = card(3.2)
    axes.axvspan(0, trained - 1, color=WASH, zorder=0, linewidth=0)
    ends = []
    for (name, runs), colour in zip(accuracies.items(), (ACCENT, RECURRENT, CONVOLUTION), strict=False):
        runs = 100 * np.asarray(runs)
        places = np.arange(1, runs.shape[1] + 1)
        axes.fill_between(places, runs.min(axis=0), runs.max(axis=0), color=colour, alpha=0.18, linewidth=0)
        axes.plot(places, runs.mean(axis=0), color=colour)
        ends.append((places[-1], runs[:, -1].mean(), name, colour))
    name_axes(axes, WORDS["position in it"], WORDS["accuracy"])
    axes.set(ylim=(0, 104), xlim=(0, 1.36 * places[-1]), xticks=range(0, places[-1] + 2, trained))
    label_ends(axes, ends)
    return figure


def score_terms(terms):
    """Draw the four parts of the scores as heat maps with one colour scale.

    terms [2][2]: arrays [n, n], query part by key part, words first and positions second; blue is negative, orange positive.
    """
    figure, axes = card(6.4, 4)
    figure.clear()
    figure.set_layout_engine("compressed")
    axes = figure.subplots(2, 2, sharex=True, sharey=True)
    limit = max(np.abs(np.asarray(term)).max() for row in terms for term in row)
    for i in range(2):
        for j in range(2):
            picture = axes[i, j].imshow(np.asarray(terms[i][j]), cmap=SIGNED, vmin=-limit, vmax=limit, interpolation="none")
            axes[i, j].set_title(WORDS["terms"][i][j])
            axes[i, j].grid(False)
            axes[i, j].locator_params(integer=True)
        axes[i, 0].set_ylabel(WORDS["query"])
        axes[1, i].set_xlabel(WORDS["key"])
    figure.colorbar(picture, ax=axes, shrink=0.6).solids.set_rasterized(True)
    return figure


def positions_through_layers(found, n_positions):
    """Draw how well a linear probe finds each token's position after every layer.

    found: {name: one list for each seed}, shares from 0 to 1 before the first layer and after each: mean of the seeds, band from worst to
    best; n_positions: how many there are to guess from.
    """
    figure, axes = card(3.2)
    styles = [(INK, "o"), (RECURRENT, "s"), (CONVOLUTION, "^")]
    layers = range(np.shape(next(iter(found.values())))[1])
    axes.plot([layers[0], layers[-1]], 2 * [100 / n_positions], color=SOFT, linestyle=":", linewidth=1.5)
    ends = [(layers[-1], 100 / n_positions, WORDS["guess"], SOFT)]
    for (name, runs), (colour, marker) in zip(found.items(), styles, strict=False):
        runs = 100 * np.asarray(runs)
        axes.fill_between(layers, runs.min(axis=0), runs.max(axis=0), color=colour, alpha=0.18, linewidth=0)
        axes.plot(layers, runs.mean(axis=0), color=colour, marker=marker)
        ends.append((layers[-1], runs[:, -1].mean(), name, colour))
    name_axes(axes, WORDS["layer"], WORDS["found"])
    axes.set(ylim=(0, 104), xticks=list(layers))
    axes.set_xlim(-0.3, 1.36 * layers[-1])
    label_ends(axes, ends)
    return figure


def similarity_maps(code, places, levels=(0.7, 0.8, 0.9, 0.95)):
    """Draw how alike the codes of all pixels are to the code of each chosen pixel, which is ringed, with lines of equal similarity.

    code [d_model, h, w]; places: (row, column) of the chosen pixels, one panel for each; the palest colour is the least similarity of all.
    """
    code = np.asarray(code)
    flat = code.reshape(len(code), -1)
    alike = flat.T @ flat / (flat[:, 0] ** 2).sum()                          # every code has the same length
    figure, axes = card(2.6, len(places))
    figure.set_layout_engine("compressed")
    for panel, (row, column) in zip(np.atleast_1d(axes), places, strict=True):
        similarity = alike[row * code.shape[2] + column].reshape(code.shape[1:])
        panel.imshow(similarity, cmap=WEIGHTS, vmin=alike.min(), vmax=1.2, interpolation="none")
        lines = panel.contour(similarity, levels=levels, colors=INK, linewidths=0.8)
        panel.clabel(lines, fmt="%g")
        panel.plot(column, row, "o", markersize=9, markerfacecolor="none", markeredgecolor=KEY, markeredgewidth=2)
        panel.set(xlabel=WORDS["column"], ylabel=WORDS["row"] if (row, column) == tuple(places[0]) else "")
        panel.grid(False)
    return figure
