"""Pictures of chapter 1."""

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from book_lib.figures.style import BOOK, COLUMN, QUERY, QUERY_TEXT

WORDS = {"attention": "attention"}


def looks(weights, words):
    """Bars over the tokens of sentences: how much each is looked at. weights: {title: [n or more]}, words: {title: n words under the bars}."""
    with matplotlib.rc_context(BOOK):
        figure = Figure(figsize=(COLUMN, 1.75 * len(weights)))
        panels = figure.subplots(len(weights), 1, squeeze=False)[:, 0]
    for axes, (title, shares) in zip(panels, weights.items(), strict=True):
        names = words[title]
        shares = np.asarray(shares)[: len(names)]
        axes.bar(range(len(names)), shares, color=QUERY, width=0.72)
        for place, share in enumerate(shares):
            if share >= 0.05:
                axes.annotate(f"{share:.2f}", (place, share), (0, 2), textcoords="offset points", ha="center", fontsize=8.5, color=QUERY_TEXT)
        axes.set_title(title)
        axes.set(ylim=(0, 0.6), yticks=(0, 0.25, 0.5), ylabel=WORDS["attention"])
        axes.set_xticks(range(len(names)), names, rotation=35, ha="right", rotation_mode="anchor", fontsize=8.5)
        axes.grid(axis="x", visible=False)
    return figure
