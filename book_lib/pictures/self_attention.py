"""The pictures of the lesson on self-attention. Each takes measured data and returns a Matplotlib figure."""

import numpy as np
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, NullLocator

from book_lib.pictures.style import (
    ACCENT,
    CONVOLUTION,
    INK,
    KEY_TEXT,
    LINE,
    NUMBERS,
    PAPER,
    QUERY_TEXT,
    SOFT,
    card,
    label_line,
    name_axes,
)
from book_lib.pictures.words import words_of

WORDS = words_of("self_attention")


def receptive_field_by_gradient(gradient_sizes, kernel_size):
    """Draw which input tokens move the last output, for stacks of 1, 2, … convolutions, against 1 + L(k - 1).

    gradient_sizes [layers, tokens]: size of the gradient of the last output with respect to the token 0, 1, 2, … places back.
    """
    sizes = np.asarray(gradient_sizes, dtype=float)
    if sizes.ndim != 2:
        raise ValueError(f"gradient_sizes has shape {list(sizes.shape)}, expected [layers, tokens]")
    n_layers, n_tokens = sizes.shape
    figure, axes = card(0.9 + 0.42 * n_layers)
    shades = np.sqrt(sizes / sizes.max(axis=1, keepdims=True).clip(min=1e-300))
    for layer in range(1, n_layers + 1):
        for back in range(n_tokens):
            reached = sizes[layer - 1, back] > 0
            axes.add_patch(_cell(back, layer, 0.25 + 0.75 * shades[layer - 1, back] if reached else 0))
        count = 1 + layer * (kernel_size - 1)
        axes.plot([count - 0.5] * 2, [layer - 0.48, layer + 0.48], color=KEY_TEXT, linewidth=3)
        label_line(axes, count - 0.5, layer, WORDS["reach"].format(count=count), KEY_TEXT, dx=7)
    axes.set(xlim=(-0.7, n_tokens + 2.2), ylim=(n_layers + 0.6, 0.4))
    name_axes(axes, WORDS["back"], WORDS["depth"])
    axes.set(xticks=range(0, n_tokens, 2), yticks=range(1, n_layers + 1))
    axes.tick_params(length=0)
    axes.grid(False)
    return figure


def effect_of_scaling(widths, variances, gradients):
    """Draw the variance of the scores and the size of the softmax's gradient against d_k, with and without dividing by √d_k.

    variances: one list of numbers for each of "plain" and "scaled"; gradients: likewise, of triples (low, median, high).
    """
    figure, panels = card(3.4, panels=2)
    for name, colour, style, marker in (("plain", SOFT, (0, (4, 2)), "s"), ("scaled", INK, "solid", "o")):
        low, median, high = np.transpose(gradients[name])
        for axes, series in zip(panels, (variances[name], median), strict=True):
            _require_same_length(widths=widths, **{name: series})
            axes.loglog(widths, series, color=colour, linestyle=style, marker=marker)
            label_line(axes, widths[-1], series[-1], WORDS[name], colour)
        panels[1].fill_between(widths, low, high, color=colour, alpha=0.18, linewidth=0)
    for axes, title in zip(panels, ("variance", "gradient"), strict=True):
        axes.set(title=WORDS[title], xlabel=WORDS["width"])
        axes.yaxis.set_major_formatter(NUMBERS)
        _powers_of_two(axes, widths)
        _with_room_right(axes, 0.36)
    panels[1].set_ylim(bottom=1e-4)
    return figure


def attention_map(weights, tokens, key_tokens=None, *, decimals=2):
    """Draw attention weights as a table of shaded numbers: a row for each query, a column for each key.

    weights [n, m], rows summing to one; tokens: n words; key_tokens: m words, the same as tokens when left out.
    """
    weights = np.asarray(weights, dtype=float)
    key_tokens = tokens if key_tokens is None else key_tokens
    if weights.shape != (len(tokens), len(key_tokens)):
        raise ValueError(f"weights has shape {list(weights.shape)}, expected {[len(tokens), len(key_tokens)]}, one row a query token")
    n, m = weights.shape
    figure, axes = card(min(7.2, 1.3 + 0.5 * n))
    for row in range(n):
        for column in range(m):
            weight = weights[row, column]
            axes.add_patch(_cell(column, row, 0.5 * weight))
            axes.text(column, row, f"{weight:.{decimals}f}", ha="center", va="center", color=INK)
    axes.set(xlim=(-0.5, m - 0.5), ylim=(n - 0.5, -0.5))
    axes.set_xticks(range(m), key_tokens, color=KEY_TEXT, fontweight="bold")
    axes.set_yticks(range(n), tokens, color=QUERY_TEXT, fontweight="bold")
    axes.set_xlabel(WORDS["key"], color=KEY_TEXT, labelpad=8)
    axes.set_ylabel(WORDS["query"], color=QUERY_TEXT)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.grid(False)
    return figure


def attention_by_sentence(attention):
    """Draw how much of its attention *it* gives to animal and road in the two sentences, one mark per start, a panel per depth.

    attention: {n_layers: [starts][2 sentences][2 words]}, fractions; the sentences end with tired and wide, the words are animal and road.
    """
    figure, panels = card(4.6, panels=len(attention), stacked=True)
    for axes, (n_layers, starts) in zip(np.atleast_1d(panels), attention.items(), strict=True):
        percent = 100 * np.asarray(starts, dtype=float)
        if percent.shape[1:] != (2, 2):
            raise ValueError(f"attention[{n_layers}] has shape {list(percent.shape)}, expected [starts, 2, 2]")
        for word, (colour, marker, side) in enumerate(((ACCENT, "o", -0.12), (CONVOLUTION, "s", 0.12))):
            spots = np.array([0, 1]) + side
            axes.bar(spots, percent[:, :, word].mean(axis=0), width=0.2, color=colour, alpha=0.35)
            for row in percent[:, :, word]:
                axes.plot(spots, row, marker, color=colour, markersize=4, clip_on=False, zorder=3)
            top = percent[:, :, word].mean(axis=0)
            for sentence in (0, 1):
                side_of_text = "right" if side < 0 else "left"
                label_line(axes, spots[sentence], top[sentence], WORDS["words of the sentence"][word], colour, dx=0, dy=12, ha=side_of_text)
        axes.set(title=WORDS["layers"][n_layers - 1], ylim=(0, 125), yticks=[0, 50, 100], xlim=(-0.6, 1.6))
        axes.set_xticks([0, 1], WORDS["sentences"])
        axes.grid(axis="x", visible=False)
    np.atleast_1d(panels)[0].set_ylabel(WORDS["attention of it"])
    return figure


def _cell(x, y, shade):
    """A square of a table; shade from 0, empty, to 1."""
    return Rectangle((x - 0.47, y - 0.47), 0.94, 0.94, facecolor=(ACCENT, shade) if shade else PAPER, edgecolor=LINE, linewidth=0.8)


def _powers_of_two(axes, values):
    axes.xaxis.set_major_locator(FixedLocator([value for value in values if value & (value - 1) == 0]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(NUMBERS)


def _with_room_right(axes, share):
    """Widen the logarithmic x axis so that the labels at the lines' ends have room."""
    low, high = np.log(axes.get_xlim())
    axes.set_xlim(np.exp(low), np.exp(high + share * (high - low)))


def _require_same_length(**lists):
    (first, wanted), (second, got) = ((name, len(values)) for name, values in lists.items())
    if wanted != got:
        raise ValueError(f"{second} has {got} entries, {first} has {wanted}; expected as many")
