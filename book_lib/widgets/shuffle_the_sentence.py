"""Interactive figure: five words to reorder, and what one attention layer notices of it, without and with position codes."""

import math
from html import escape

from book_lib.widgets.base import Checked, InteractiveFigure, fill, is_words, labels, module_source, number, vector, wrong_trait
from book_lib.widgets.running_example import attend

WORDS = ["the", "dog", "bites", "the", "man"]
FEATURES = {"dog": [2, 0, 0, 0], "man": [0, 2, 0, 0], "bites": [0, 0, 2, 0], "the": [0, 0, 0, 2]}     # one-hot, times the root of d_model
W_QUERY = [[2, -2], [-1, 1], [-2, 0], [0, -1]]
W_KEY = [[1, 2], [0, 0], [-2, -2], [-2, -1]]
W_VALUE = [[2, 0], [0, 2], [1, 1], [0, 0]]
BASE = 100
UNIT, LOW, HIGH, GRID = 50, -1.5, 4.5, range(-1, 5)


def code(position: int) -> list[float]:
    """The sinusoidal code of d_model 4 and base 100: two clocks, the second ten times slower."""
    return [f(position / speed) for speed in (1, math.sqrt(BASE)) for f in (math.sin, math.cos)]


def outputs(words: list[str], order: list[int], codes: bool) -> list[list[float]]:
    """Output [2] of every place; order[i] says which word, by its original place, stands at place i."""
    x = [[v + (code(i)[c] if codes else 0) for c, v in enumerate(FEATURES[words[w]])] for i, w in enumerate(order)]
    return attend(*([project(token, matrix) for token in x] for matrix in (W_QUERY, W_KEY, W_VALUE)))["output"]


def project(token: list[float], matrix: list[list[int]]) -> list[float]:
    """A token [4] times a matrix [4, 2]."""
    return [sum(v * row[c] for v, row in zip(token, matrix, strict=True)) for c in range(2)]


def mean(points: list[list[float]]) -> list[float]:
    return [sum(p[c] for p in points) / len(points) for c in range(2)]


class ShuffleTheSentence(InteractiveFigure):
    """One self-attention layer over words that can be reordered: every output follows its word, until position codes are added.

    words [n]: 2 to 6 words out of dog, man, bites, the; order [n]: which of them stands at each place; codes: add position codes.
    Raises ValueError for wrong traits.
    """

    name = "shuffle_the_sentence"
    height = (860, 1430)
    _esm = module_source(name)

    words = Checked(
        WORDS,
        lambda words: is_words(words, 2, 6) and all(word in FEATURES for word in words),
        f"a list of 2 to 6 words out of {', '.join(FEATURES)}",
    )
    order = Checked([0, 1, 2, 3, 4], lambda order: sorted(order) == list(range(len(order))), "the places of the words in some order")
    codes = Checked(False, lambda on: isinstance(on, bool), "True or False")

    def require_agreement(self) -> None:
        if len(self.order) != len(self.words):
            raise wrong_trait(self, "order", self.order, f"the numbers 0 to {len(self.words) - 1} in some order")

    def comparison(self) -> dict:
        """now: output [n, 2] of each place; before: that of its word in the original order; moved [n]: the distances."""
        now = outputs(self.words, self.order, self.codes)
        original = outputs(self.words, range(len(self.words)), self.codes)
        before = [original[w] for w in self.order]
        return {"now": now, "before": before, "moved": [math.dist(p, q) for p, q in zip(now, before, strict=True)]}

    def sentence(self) -> str:
        words, found, text = labels(self.name), self.comparison(), " ".join(self.words[i] for i in self.order)
        if text == " ".join(self.words):
            return fill(words["same"], mean=vector(mean(found["now"])))
        return fill(
            words["sees" if self.codes else "blind"],
            sentence=text,
            moved=number(max(found["moved"])),
            before=vector(mean(found["before"])),
            mean=vector(mean(found["now"])),
        )

    def picture(self) -> str:
        tiles = "".join(f'<span class="bk-tile">{escape(self.words[i])}</span>' for i in self.order)
        return f'<div class="bk-tiles">{tiles}</div><div class="bk-two">{self._plane()}<div class="bk-scroll">{self._table()}</div></div>'

    def _plane(self) -> str:
        found, shown = self.comparison(), []
        lines = "".join(f"M{place([i, 0])[0]:g} 20V320M20 {place([0, i])[1]:g}H320" for i in GRID)
        grid = f'<path d="{lines}" style="stroke:var(--line,#d5dade);stroke-width:.8"/>'
        for i, (now, before) in enumerate(zip(found["now"], found["before"], strict=True)):
            (x, y), (rx, ry) = place(now), place(before)
            alike = [self.words[self.order[j]] for j, p in enumerate(found["now"]) if math.dist(p, now) < 0.12]
            first = not any(math.dist(p, now) < 0.12 for p in found["now"][:i])
            side = -1 if now[0] < mean(found["now"])[0] else 1
            anchor = "end" if side < 0 else "start"
            label = f'<text x="{x + 12 * side:.1f}" y="{y + 5:.1f}" text-anchor="{anchor}">{escape(", ".join(alike))}</text>'
            text = label if first else ""
            shown.append(
                f'<path d="M{rx:.1f} {ry:.1f}L{x:.1f} {y:.1f}" style="stroke:var(--v,#009e73)"/>'
                f'<circle cx="{rx:.1f}" cy="{ry:.1f}" r="8" style="fill:none;stroke:var(--soft,#57606a)"/>'
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" style="fill:var(--v,#009e73)"/>{text}'
            )
        x, y = place(mean(found["now"]))
        square = f'<rect x="{x - 5.5:.1f}" y="{y - 5.5:.1f}" width="11" height="11" style="fill:var(--ink,#1d2329)"/>'
        words = labels(self.name)
        label = f'<text x="{x:.1f}" y="{y + 20:.1f}" text-anchor="middle" style="font-size:12px">{escape(words["mean"])}</text>'
        drawn = "".join((grid, *shown, square, label))
        return f'<svg class="bk-plane" viewBox="0 0 340 340" role="img" aria-label="{escape(words["plane"])}">{drawn}</svg>'

    def _table(self) -> str:
        heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in labels(self.name)["columns"])
        found, rows = self.comparison(), ""
        for i, (now, before, moved) in enumerate(zip(found["now"], found["before"], found["moved"], strict=True)):
            cells = (str(i + 1), self.words[self.order[i]], vector(now), vector(before), number(moved))
            rows += f"<tr>{''.join(f'<td>{escape(text)}</td>' for text in cells)}</tr>"
        return f'<table class="bk-table bk-tight"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def place(point: list[float]) -> tuple[float, float]:
    """Where a point of the plane of outputs lies in the picture."""
    return 20 + (point[0] - LOW) * UNIT, 20 + (HIGH - point[1]) * UNIT
