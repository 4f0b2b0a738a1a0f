"""The figures of the chapter on the Transformer. Each takes measured data and returns a Matplotlib figure."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from book_lib.pictures.style import (
    ATTENTION,
    CONVOLUTION,
    KEY,
    KEY_TEXT,
    LETTERS,
    NUMBERS,
    PAPER,
    QUERY,
    QUERY_TEXT,
    RECURRENT,
    SOFT,
    VALUE,
    VALUE_TEXT,
    WIDTH,
    card,
    label_ends,
    name_axes,
    number,
)
from book_lib.pictures.words import words_of

WORDS = words_of("transformer")
COLOURS = (QUERY, KEY, VALUE, RECURRENT, CONVOLUTION, ATTENTION)
STYLES = ("solid", (0, (5, 2)), (0, (1, 1.5)), "dashdot", (0, (7, 1)), "solid")


def gradients_by_depth(curves):
    """Draw how long the gradient is at the input of every layer, on a logarithmic axis: {name: lengths, first layer to last}."""
    figure, axes = card(4.2)
    name_axes(axes, WORDS["layer"], WORDS["gradient"])
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(NUMBERS)
    _draw_named(axes, {name: (np.arange(1, len(lengths) + 1), lengths) for name, lengths in curves.items()})
    return figure


def learning(steps, losses, checked, shares):
    """Draw a training log: losses at steps, and beside them the share (0 to 1) of new sentences translated exactly, at steps checked."""
    figure, (left, right) = card(3.3, panels=2)
    left.plot(steps, losses, color=QUERY)
    name_axes(left, WORDS["steps"], WORDS["loss"])
    left.set_ylim(0, None)
    right.plot(checked, 100 * np.asarray(shares), "o-", color=VALUE, clip_on=False)
    name_axes(right, WORDS["steps"], WORDS["new"])
    right.set_ylim(0, 100)
    return figure


def closed_links(outcomes):
    """Draw which noun was written for 它 under each intervention: {name: shares (right, the other noun, neither)}, stacked, in per cent."""
    figure, axes = card(0.9 + 0.42 * len(outcomes))
    names, shares = list(outcomes), 100 * np.array(list(outcomes.values()))
    colours, starts = (VALUE, KEY, SOFT), np.cumsum(shares, axis=1) - shares
    for part, colour in enumerate(colours):
        axes.barh(names, shares[:, part], left=starts[:, part], color=colour, height=0.62, alpha=1 if part < 2 else 0.45)
    for row, share in enumerate(shares[:, 0]):
        axes.annotate(f"{share:.0f}", (max(share, 6), row), (-6, 0), textcoords="offset points", color=PAPER, ha="right", va="center",
                      fontweight="bold")
    _in_rows(axes, len(names))
    axes.set_xlim(0, 100)
    axes.set_xlabel(WORDS["share of sentences"])
    _name_colours(axes, zip(WORDS["nouns"], (VALUE_TEXT, KEY_TEXT, SOFT), strict=True))
    return figure


def one_thing_at_a_time(gradients, differences):
    """Draw what residual connection and norm each keep, one row per stack: the gradient at the bottom, and how different words still are.

    gradients and differences: {stack: [two scales of the first weights][starts]}. Beside the marks of the gradient stands their size.
    """
    figure, (left, right) = card(3.6, panels=2)
    for axes, values in ((left, gradients), (right, differences)):
        for row, scales in enumerate(values.values()):
            for points, colour, marker, shift in zip(scales, (QUERY, KEY), "os", (-0.18, 0.18), strict=True):
                axes.plot(points, [row + shift] * len(points), marker, color=colour, linestyle="none", clip_on=False)
        _in_rows(axes, len(values))
    low, high = 1e-38, 1e26
    for row, scales in enumerate(gradients.values()):
        for points, colour, shift in zip(scales, (QUERY_TEXT, KEY_TEXT), (-0.18, 0.18), strict=True):
            left.annotate(_size(np.exp(np.log(points).mean())), (max(points), row + shift), (8, 0), textcoords="offset points",
                          color=colour, va="center")
    left.set_yticks(range(len(gradients)), list(gradients))
    right.set_yticks(range(len(differences)), [])
    left.set_xscale("log")
    left.set_xlim(low, high)
    left.set_xticks([1e-30, 1e-15, 1, 1e15], minor=False)
    left.xaxis.set_major_formatter(NUMBERS)
    right.set_xlim(0, 1)
    left.set_xlabel(WORDS["gradient at the bottom"])
    right.set_xlabel(WORDS["words differ"])
    _name_colours(left, zip(WORDS["scales"], (QUERY_TEXT, KEY_TEXT), strict=True))
    return figure


def words_and_sentences(outcomes):
    """Draw, one row per network, two shares in per cent from several starts: {name: [(words right, sentences right), …]}."""
    figure, axes = card(1.1 + 0.5 * len(outcomes))
    for row, pairs in enumerate(outcomes.values()):
        for values, colour, shift in zip(zip(*pairs, strict=True), (QUERY, VALUE), (-0.17, 0.17), strict=True):
            values = 100 * np.asarray(values)
            axes.barh(row + shift, values.mean(), height=0.3, color=colour, alpha=0.35)
            axes.plot(values, [row + shift] * len(values), "o", color=colour, clip_on=False)
    axes.set_yticks(range(len(outcomes)), list(outcomes))
    _in_rows(axes, len(outcomes))
    axes.tick_params(axis="y", pad=9)                                        # a mark at 0 stands on the axis
    axes.set_xlim(0, 100)
    axes.set_xlabel(WORDS["share right"])
    _name_colours(axes, zip(WORDS["counted"], (QUERY_TEXT, VALUE_TEXT), strict=True))
    return figure


def losses_by_rate(losses, rates):
    """Draw the loss that trainings end with, one row per network and one colour for each of up to four rates: {name: {rate: losses}}."""
    figure, axes = card(1.1 + 0.5 * len(losses))
    colours, texts = (QUERY, KEY, VALUE, ATTENTION), (QUERY_TEXT, KEY_TEXT, VALUE_TEXT, ATTENTION)
    for row, by_rate in enumerate(losses.values()):
        for rate, colour, marker, shift in zip(rates, colours, "os^D", (-0.27, -0.09, 0.09, 0.27), strict=False):
            ends = by_rate.get(rate, ())
            axes.plot(ends, [row + shift] * len(ends), marker, color=colour, linestyle="none", clip_on=False)
    axes.set_yticks(range(len(losses)), list(losses))
    _in_rows(axes, len(losses))
    axes.set_xlabel(WORDS["loss after 300"])
    named = [WORDS["rate"].format(number(rates[0])), *map(number, rates[1:])]
    _name_colours(axes, zip(named, texts, strict=False))
    return figure


def _size(x):
    """A number as one reads it off a logarithmic axis: 60, 0.2, or a power of ten."""
    if 0.1 <= x < 1e3:
        return f"{x:.0f}" if x >= 1 else f"{x:.1f}"
    return f"10{str(round(np.log10(x))).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def _in_rows(axes, count):
    """Rows of marks from the top down, without lines of their own."""
    axes.set_ylim(count - 0.5, -0.5)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)


def _name_colours(axes, named):
    """Say above the picture what each colour is: (words, colour) from left to right."""
    x = 0
    for words, colour in named:
        place = {"xycoords": "axes fraction", "textcoords": "offset points", "va": "bottom"}
        axes.annotate(words, (0, 1), (x, 8), color=colour, fontweight="bold", **place)
        x += 0.62 * LETTERS * len(words) + 18


def _draw_named(axes, lines):
    """Plot {name: (x, y)} and write each name at the right end of its line."""
    ends = []
    for (name, (x, y)), colour, style in zip(lines.items(), COLOURS, STYLES, strict=False):
        axes.plot(x, y, color=colour, linestyle=style)
        ends.append((x[-1], y[-1], name, colour if colour != SOFT else ATTENTION))
    right = max(x[-1] for x, _ in lines.values())
    for_names = (30 + 0.68 * LETTERS * max(map(len, lines))) / (WIDTH - 50)
    axes.set_xlim(0, right / (1 - for_names))
    axes.set_xticks([tick for tick in MaxNLocator(6, integer=True).tick_values(0, right) if 0 <= tick <= right])
    label_ends(axes, ends, leaders=True)
