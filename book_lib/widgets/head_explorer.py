"""Interactive figure: the attention weights of every layer and head of a model, on a few sentences."""

from html import escape

from book_lib.widgets.base import (
    Checked,
    InteractiveFigure,
    fill,
    is_whole,
    is_words,
    labels,
    module_source,
    number,
    text_trait,
    wrong_trait,
)
from book_lib.widgets.running_example import TOKENS, attend, projections

CELL, LEFT, TOP = 14, 88, 84
ROOM = (547, 8, 30), (841, 4, 54)     # wide and narrow: px without heads and words, small pictures a line, px a word


def attention_example(label, queries, weights, keys=None, asks=()):
    """One sentence for a HeadExplorer: its words, and its weights rounded to whole numbers from 0 to 255.

    weights: for each layer [n_heads, n, m], tensors, arrays or lists; keys: the words looked at, by default the queries (self-attention);
    asks: places of the queries that matter most, shown bold; the average distance is taken over them.
    """
    keys = queries if keys is None else keys
    layers = [layer if isinstance(layer, list) else layer.tolist() for layer in weights]
    rounded = [[[round(255 * x) for row in head for x in row] for head in layer] for layer in layers]
    return {"label": label, "queries": list(queries), "keys": list(keys), "weights": rounded, "asks": list(asks)}


def is_example(one) -> bool:
    size = len(one["queries"]) * len(one["keys"])
    return (
        set(one) == {"label", "queries", "keys", "weights", "asks"}
        and isinstance(one["label"], str)
        and is_words(one["queries"], 1, 40)
        and is_words(one["keys"], 1, 40)
        and all(len(head) == size and all(is_whole(x, 0, 255) for x in head) for layer in one["weights"] for head in layer)
        and all(is_whole(place, 0, len(one["queries"]) - 1) for place in one["asks"])
    )


def are_examples(value) -> bool:
    shapes = {tuple(len(layer) for layer in one["weights"]) for one in value}
    return len(value) >= 1 and all(is_example(one) for one in value) and len(shapes) == 1 and len(set(next(iter(shapes)))) == 1


def two_heads_by_hand() -> dict:
    """The two heads of chapter 3: whom could the word stand for, and what is said about it."""
    whom = attend(**projections(TOKENS))["weights"]
    asks, describes = [[0, 0], [0, 0], [2, 0], [2, 0]], [[0, 0], [0, 0], [0, 0], [2, 0]]
    what = attend(asks, describes, describes)["weights"]
    return attention_example(" ".join(TOKENS), TOKENS, [[whom, what]], asks=[2])


class HeadExplorer(InteractiveFigure):
    """Matrix and links of any layer and head of a trained model; pointing at a word, or tabbing to it, follows its row.

    prompts and seen: what to try and what is seen then, where it is not one of chapter 3's gap fillers.
    examples: a list of what attention_example returns, all of one model; example, layer, head, row: what is shown at first.
    Raises ValueError for wrong traits.
    """

    name = "head_explorer"
    _esm = module_source(name)

    examples = Checked([two_heads_by_hand()], are_examples, "a list of examples as attention_example makes them, all of one model")
    example = Checked(0, lambda value: is_whole(value, 0, 99), "a whole number, the place of a sentence")
    layer = Checked(0, lambda value: is_whole(value, 0, 99), "a whole number, the place of a layer")
    head = Checked(0, lambda value: is_whole(value, 0, 99), "a whole number, the place of a head")
    row = Checked(0, lambda value: is_whole(value, 0, 39), "a whole number, the place of a word")
    prompts = Checked([], lambda value: not value or is_words(value, 1, 3), "a list of up to three sentences")
    seen = text_trait()

    def __init__(self, **traits):
        super().__init__(**traits)
        one = self.examples[self.example]
        n_layers, n_heads, words = len(one["weights"]), len(one["weights"][0]), max(len(one["queries"]), len(one["keys"]))
        self.height = tuple(fixed + 120 * n_layers * -(-n_heads // a_line) + row * words for fixed, a_line, row in ROOM)

    def require_agreement(self) -> None:
        sizes = {"example": len(self.examples)}
        if self.example < sizes["example"]:
            one = self.examples[self.example]
            sizes |= {"layer": len(one["weights"]), "head": len(one["weights"][0]), "row": len(one["queries"])}
        for trait, size in sizes.items():
            if getattr(self, trait) >= size:
                raise wrong_trait(self, trait, getattr(self, trait), f"a whole number from 0 to {size - 1}")

    def matrix(self) -> list[list[float]]:
        """The weights [n, m] that are shown, from 0 to 1."""
        one = self.examples[self.example]
        flat, m = one["weights"][self.layer][self.head], len(one["keys"])
        return [[x / 255 for x in flat[i * m : (i + 1) * m]] for i in range(len(one["queries"]))]

    def distance(self) -> float:
        """How many words away the queries that matter look on average."""
        rows = self.matrix()
        asks = self.examples[self.example]["asks"] or range(len(rows))
        return sum(sum(w * abs(i - j) for j, w in enumerate(rows[i])) / (sum(rows[i]) or 1) for i in asks) / len(asks)

    def sentence(self) -> str:
        one, words, row = self.examples[self.example], labels(self.name), self.matrix()[self.row]
        best = row.index(max(row))
        return fill(
            words["readout" if one["queries"] == one["keys"] else "readoutCross"],
            head=self._head_name(),
            query=one["queries"][self.row],
            key=one["keys"][best],
            weight=number(row[best]),
            distance=number(self.distance(), 1) if one["queries"] == one["keys"] else "",
        )

    def _head_name(self) -> str:
        return fill(labels(self.name)["headName"], layer=self.layer + 1, head=self.head + 1)

    def picture(self) -> str:
        one, rows = self.examples[self.example], self.matrix()
        n, m = len(rows), len(one["keys"])
        cells = "".join(
            f'<rect x="{LEFT + j * CELL}" y="{TOP + i * CELL}" width="{CELL}" height="{CELL}"'
            f' style="fill:var(--q,#0072b2);fill-opacity:{w:.2f}"/>'
            for i, row in enumerate(rows)
            for j, w in enumerate(row)
            if w >= 0.02
        )
        style = 'style="font-size:12px;fill:var(--soft,#57606a)"'
        names = "".join(
            f'<text x="{LEFT - 5}" y="{TOP + i * CELL + 11}" text-anchor="end" {style}>{escape(word)}</text>'
            for i, word in enumerate(one["queries"])
        ) + "".join(
            f'<text transform="translate({LEFT + j * CELL + 11} {TOP - 5}) rotate(-90)" {style}>{escape(word)}</text>'
            for j, word in enumerate(one["keys"])
        )
        frame = f'<rect x="{LEFT}" y="{TOP}" width="{m * CELL}" height="{n * CELL}" style="fill:none;stroke:var(--ign,#8c959f)"/>'
        title = escape(fill(labels(self.name)["matrix"], head=self._head_name()))
        width, height = LEFT + m * CELL + 2, TOP + n * CELL + 2
        return f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img" aria-label="{title}">{cells}{frame}{names}</svg>'
