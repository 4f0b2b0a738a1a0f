"""Interactive figure: one attention over four words, every number changeable and explained."""

from html import escape

from book_lib.widgets.base import (
    Checked,
    InteractiveFigure,
    fill,
    is_matrix,
    is_whole,
    is_words,
    labels,
    module_source,
    number,
    vector,
    wrong_trait,
)
from book_lib.widgets.running_example import TOKENS, attend, projections

LIMIT = 5
UNIT = 30
MIDDLE = 170
LETTER = 7.9        # px a letter of a name takes, on the safe side
TEXT_COLOURS = {"q": "#00639b", "k": "#a84a00"}
WIDE = {"index": 3, "token": "wide"} | {name: rows[0] for name, rows in projections(["wide"]).items()}


def pairs(default: list) -> Checked:
    """A trait holding one pair of small numbers for each word."""
    return Checked(default, lambda m: is_matrix(m, 2, -LIMIT, LIMIT), f"a list of pairs of numbers from -{LIMIT} to {LIMIT}")


def is_other(value) -> bool:
    return value is None or (
        set(value) == {"index", "token", "query", "key", "value"}
        and is_whole(value["index"], 0, 5)
        and is_words([value["token"]], 1, 1)
        and is_matrix([value[part] for part in ("query", "key", "value")], 2, -LIMIT, LIMIT)
    )


class AttentionByHand(InteractiveFigure):
    """Queries, keys and values of a few words to change by hand, with the arithmetic of one row (Vaswani et al. 2017, eq. 1).

    tokens [n] words; query, key, value [n, 2]; row: the word whose attention is followed; scale: divide by √d_k; picked: [step, word],
    the number that is explained; other: a word that can take a place, {index, token, query, key, value} or None. Raises ValueError for
    wrong traits.
    """

    name = "attention_by_hand"
    height = (1100, 1800)
    _esm = module_source(name)

    tokens = Checked(TOKENS, lambda words: is_words(words, 2, 6), "a list of 2 to 6 words")
    query = pairs(projections(TOKENS)["query"])
    key = pairs(projections(TOKENS)["key"])
    value = pairs(projections(TOKENS)["value"])
    row = Checked(2, lambda row: is_whole(row, 0, 5), "a whole number, the place of a word")
    scale = Checked(True, lambda on: isinstance(on, bool), "True or False")
    picked = Checked([2, 0], lambda p: len(p) == 2 and is_whole(p[0], 0, 4) and is_whole(p[1], 0, 5), "[step from 0 to 4, place of a word]")
    other = Checked(WIDE, is_other, "None or a dict of index, token, query, key and value")

    def require_agreement(self) -> None:
        n = len(self.tokens)
        for part in ("query", "key", "value"):
            if len(getattr(self, part)) != n:
                raise wrong_trait(self, part, getattr(self, part), f"one pair for each of the {n} tokens")
        for part, place in (("row", self.row), ("picked", self.picked[1]), ("other", self.other["index"] if self.other else 0)):
            if place >= n:
                raise wrong_trait(self, part, getattr(self, part), f"a place among the {n} tokens")

    def attention(self) -> dict:
        """scores, scaled, weights [n, n] and output [n, 2] of the present numbers."""
        return attend(self.query, self.key, self.value, self.scale)

    def sentence(self) -> str:
        now = self.attention()
        weights = now["weights"][self.row]
        ratio = weights[0] / weights[1]
        return fill(
            labels(self.name)["readout"],
            row=self.tokens[self.row],
            a=self.tokens[0],
            b=self.tokens[1],
            wa=number(weights[0]),
            wb=number(weights[1]),
            ratio="1000+" if ratio >= 1000 else number(ratio),
            output=vector(now["output"][self.row]),
        )

    def picture(self) -> str:
        return f'<div class="bk-two">{self._plane()}<div class="bk-scroll">{self._table()}</div></div>'

    def _plane(self) -> str:
        words, weights = labels(self.name), self.attention()["weights"][self.row]
        grid = "".join(
            f'<path d="M{MIDDLE + UNIT * i} 20V320M20 {MIDDLE + UNIT * i}H320" '
            f'style="stroke:var(--{"line" if i else "ink"},#999);stroke-width:.8"/>'
            for i in range(-LIMIT, LIMIT + 1)
        )
        arrows = [("q", self.query[self.row], f"q {self.tokens[self.row]}", 0.0)]
        heaviest = sorted(range(len(self.tokens)), key=lambda j: -weights[j])
        arrows += [("k", self.key[j], f"{self.tokens[j]} {number(weights[j])}", weights[j]) for j in heaviest]
        tips = [(MIDDLE + UNIT * place[0], MIDDLE - UNIT * place[1], text) for _, place, text, _ in arrows]
        marks = "".join(arrow(role, tip, weight) for (role, _, _, weight), tip in zip(arrows, tips, strict=True))
        names = "".join(
            f'<text x="{x:g}" y="{y:g}" style="font-size:14px;fill:var(--{role}-text,{TEXT_COLOURS[role]})">{escape(text)}</text>'
            for (role, _, text, _), (x, y) in zip(arrows, place_names(tips), strict=True)
        )
        title = escape(fill(words["plane"], row=self.tokens[self.row]))
        return f'<svg class="bk-plane" viewBox="0 12 340 316" role="img" aria-label="{title}">{grid}{marks}{names}</svg>'

    def _table(self) -> str:
        words, now = labels(self.name), self.attention()
        columns = (
            ("word", "", self.tokens),
            ("query", "bk-q", [vector(v, 2, True) for v in self.query]),
            ("key", "bk-k", [vector(v, 2, True) for v in self.key]),
            ("value", "bk-v", [vector(v, 2, True) for v in self.value]),
        )
        heads = "".join(f'<th class="{role}" scope="col">{escape(words[name])}</th>' for name, role, _ in columns)
        heads += f'<th scope="col">{escape(words["step"][0])}</th><th scope="col">{escape(words["step"][2])}</th>'
        rows = ""
        for i in range(len(self.tokens)):
            cells = "".join(f'<td class="{role}">{escape(values[i])}</td>' for _, role, values in columns)
            score, weight = now["scores"][self.row][i], now["weights"][self.row][i]
            rows += f"<tr>{cells}<td>{number(score, 2, True)}</td><td>{number(weight, 3)}</td></tr>"
        return f'<table class="bk-table"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def arrow(role: str, tip: tuple, weight: float) -> str:
    """One vector of the plane; the area of the disc behind a key is its weight."""
    x, y, _ = tip
    colour = {"q": "var(--q,#0072b2)", "k": "var(--k,#d55e00)"}[role]
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="{40 * weight**0.5:.1f}" style="fill:{colour};opacity:.16"/>'
        f'<line x1="{MIDDLE}" y1="{MIDDLE}" x2="{x:g}" y2="{y:g}" style="stroke:{colour};stroke-width:2.5"/>'
        f'<circle cx="{x:g}" cy="{y:g}" r="5" style="fill:{colour}"/>'
    )


def place_names(points: list[tuple[float, float, str]]) -> list[tuple[float, float]]:
    """Left end and baseline of each point's name (x, y, text), clear of earlier names, of the points and of the border if possible."""
    taken, places = [], []
    for x, y, text in points:
        wide = LETTER * len(text)
        spots = []
        for off in (12, 24, 48, 72):
            above, below = -off / 2 - 2, off / 2 + 12
            spots += [(off, above), (off, below), (-off - wide, above), (-off - wide, below)]
            spots += [(-wide / 2, -off - 2), (-wide / 2, off + 12), (off, 5), (-off - wide, 5)]
        boxes = [(x + dx, y + dy - 13, x + dx + wide, y + dy + 4) for dx, dy in spots]
        costs = [cost(box, taken, points) + i for i, box in enumerate(boxes)]
        best = costs.index(min(costs))
        taken.append(boxes[best])
        places.append((x + spots[best][0], y + spots[best][1]))
    return places


def cost(box: tuple, taken: list[tuple], points: list[tuple]) -> int:
    """How bad it is to write a name into a box: over the border, over a name, over a point."""
    left, top, right, bottom = box
    over = sum(left < other[2] and other[0] < right and top < other[3] and other[1] < bottom for other in taken)
    tips = sum(left - 7 < x < right + 7 and top - 7 < y < bottom + 7 for x, y, _ in points)
    return over * 100 + tips * 30 + (left < 2 or right > 2 * MIDDLE - 2 or top < 14 or bottom > 326) * 200
