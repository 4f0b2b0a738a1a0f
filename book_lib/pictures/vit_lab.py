"""The pictures of the lab on ViT. Each takes measured numbers and returns a Matplotlib figure."""

from book_lib.pictures.style import CONVOLUTION, GATED, INK, NUMBERS, QUERY, QUERY_TEXT, SOFT, card, label_ends, name_axes
from book_lib.pictures.words import words_of

WORDS = words_of("vit_lab")
COLOURS = {"vit": (QUERY, QUERY_TEXT, "-"), "cnn": (CONVOLUTION, CONVOLUTION, "-"), "vit bare": (QUERY, QUERY_TEXT, (0, (4, 3))),
           "cnn wrapped": (CONVOLUTION, CONVOLUTION, (0, (4, 3))), "attention": (QUERY, QUERY_TEXT, "-"), "rollout": (GATED, GATED, "-"),
           "ink": (CONVOLUTION, CONVOLUTION, "-"), "random": (SOFT, SOFT, "-"), "untrained": (SOFT, SOFT, "-")}


def data_sizes(lines, chance):
    """Draw held-out accuracy over the number of training pictures: {"vit" or "cnn": {number: [accuracy of each start]}}.

    A line joins the means; chance is a dashed line.
    """
    figure, axes = card(3.2)
    numbers, ends = sorted({n for found in lines.values() for n in found}), []
    for name, found in lines.items():
        colour, text, _ = COLOURS[name]
        means = {n: sum(found[n]) / len(found[n]) for n in sorted(found)}
        axes.plot(list(means), list(means.values()), color=colour)
        axes.plot([n for n in found for _ in found[n]], [one for n in found for one in found[n]], "o", color=colour, alpha=0.7)
        last = max(means)
        ends.append((last, means[last], WORDS[name], text))
    axes.plot([numbers[0], numbers[-1]], [chance, chance], color=INK, linewidth=1, linestyle=(0, (4, 3)))
    ends.append((numbers[-1], chance, WORDS["chance"], INK))
    axes.set_xscale("log")
    axes.set_xticks(numbers, [f"{n:,}".replace(",", " ") for n in numbers])
    span = max(numbers[-1] / numbers[0], 10)
    axes.set(xlim=(numbers[0] / span**0.06, numbers[-1] * span**0.28), ylim=(0, 1.02))
    name_axes(axes, WORDS["pictures"], WORDS["accuracy"])
    label_ends(axes, ends)
    return figure


def arms(rows):
    """Draw accuracies as marks, a row for each arm: rows [(model, arm, values)], model "vit" or "cnn", arm in WORDS["arms"]."""
    figure, axes = card(0.33 * len(rows) + 0.9)
    for place, (model, _, values) in enumerate(rows):
        colour = COLOURS[model][0]
        axes.plot(values, [place] * len(values), "o", color=colour, markersize=7, alpha=0.8)
        axes.plot([0, min(values)], [place, place], color=colour, linewidth=1)
    names = [WORDS["arm"].format(WORDS[model], WORDS["arms"][arm]) for model, arm, _ in rows]
    axes.set(yticks=range(len(rows)), yticklabels=names, ylim=(len(rows) - 0.5, -0.5), xlim=(0, 1.02), xlabel=WORDS["accuracy"])
    axes.grid(axis="y", visible=False)
    return figure


def shifts(places, lines):
    """Draw how far the answers move over the shift in px: {"vit", "vit bare", "cnn" or "cnn wrapped": one number for each}."""
    figure, axes = card(3.2)
    ends = []
    for name, changes in lines.items():
        colour, text, style = COLOURS[name]
        axes.plot(places, changes, color=colour, linestyle=style, marker="o", markersize=3.5)
        ends.append((places[-1], changes[-1], WORDS[name], text))
    axes.set(xlim=(places[0] - 0.3, places[0] + 1.6 * (places[-1] - places[0])), ylim=(-0.04, None), xticks=places[::2])
    name_axes(axes, WORDS["shift"], WORDS["change"])
    label_ends(axes, ends)
    return figure


def by_distance(lines):
    """Draw the mean cosine of two positions over their distance in patches: {"vit" or "untrained": a list from distance 1}."""
    figure, axes = card(2.7)
    ends = []
    for name, cosines in lines.items():
        colour, text, _ = COLOURS[name]
        axes.plot(range(1, len(cosines) + 1), cosines, color=colour, marker="o", markersize=3.5)
        ends.append((len(cosines), cosines[-1], WORDS["positions"][name], text))
    last = len(next(iter(lines.values())))
    axes.set(xlim=(0.6, 1.35 * last), xticks=range(1, last + 1, 2))
    name_axes(axes, WORDS["distance"], WORDS["cosine"])
    label_ends(axes, ends)
    return figure


def hidden_patches(counts, lines):
    """Draw accuracy over the number of hidden patches: {"attention", "rollout", "ink" or "random": one accuracy for each number}."""
    figure, axes = card(2.9)
    ends = []
    for name, accuracies in lines.items():
        colour, text, _ = COLOURS[name]
        axes.plot(counts, accuracies, color=colour, marker="o", markersize=3.5)
        ends.append((counts[-1], accuracies[-1], WORDS["orders"][name], text))
    axes.set(xlim=(-1, 1.55 * counts[-1]), ylim=(0, 1.02), xticks=counts)
    axes.xaxis.set_major_formatter(NUMBERS)
    name_axes(axes, WORDS["hidden"], WORDS["accuracy"])
    label_ends(axes, ends)
    return figure
