"""Interactive figure: one attention over four words, every number changeable and explained."""

from html import escape

from book_lib.widgets.base import Checked, InteractiveFigure, fill, is_matrix, is_whole, is_words, labels, module_source, number, vector, wrong_trait
from book_lib.widgets.running_example import TOKENS, attend, projections

LIMIT = 5
UNIT = 30
MIDDLE = 170
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

    tokens [n] words; query, key, value [n, 2]; row: the word whose attention is followed; scale: divide by √d_k; picked: [step, word], the number
    that is explained; other: a word that can take a place, {index, token, query, key, value} or None. Raises ValueError for wrong traits.
    """

    name = "attention_by_hand"
    height = (1120, 1560)
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
            f'<path d="M{MIDDLE + UNIT * i} 20V320M20 {MIDDLE + UNIT * i}H320" style="stroke:var(--{"line" if i else "ink"},#999);stroke-width:.8"/>'
            for i in range(-LIMIT, LIMIT + 1)
        )
        arrows = [("k", key, f"{token} {number(w)}", w) for token, key, w in zip(self.tokens, self.key, weights, strict=True)]
        arrows.append(("q", self.query[self.row], f"q {self.tokens[self.row]}", 0))
        marks = "".join(arrow(role, place, text, weight) for role, place, text, weight in arrows)
        title = escape(fill(words["plane"], row=self.tokens[self.row]))
        return f'<svg class="bk-plane" viewBox="0 0 340 340" role="img" aria-label="{title}">{grid}{marks}</svg>'

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
            rows += f"<tr>{cells}<td>{number(now['scores'][self.row][i], 2, True)}</td><td>{number(now['weights'][self.row][i], 3)}</td></tr>"
        return f'<table class="bk-table"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def arrow(role: str, place: list, text: str, weight: float) -> str:
    """One vector of the plane with its name beside its tip; the area of the disc behind a key is its weight."""
    x, y = MIDDLE + UNIT * place[0], MIDDLE - UNIT * place[1]
    colour = {"q": "var(--q,#0072b2)", "k": "var(--k,#d55e00)"}[role]
    side = -1 if place[0] < 0 else 1
    drop = -10 if role == "q" else -8 if place[1] > 0 else 20
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="{40 * weight**0.5:.1f}" style="fill:{colour};opacity:.16"/>'
        f'<line x1="{MIDDLE}" y1="{MIDDLE}" x2="{x:g}" y2="{y:g}" style="stroke:{colour};stroke-width:2.5"/>'
        f'<circle cx="{x:g}" cy="{y:g}" r="5" style="fill:{colour}"/>'
        f'<text x="{x + side * 11:g}" y="{y + drop:g}" text-anchor="{"end" if side < 0 else "start"}" style="font-size:14px;'
        f'fill:var(--{role}-text,{"#0072b2" if role == "q" else "#a84a00"})">{escape(text)}</text>'
    )
