"""Interactive figure: the ways information takes through recurrence, convolution and self-attention, and what each costs."""

import itertools
import math
from html import escape

from book_lib.widgets.base import Checked, InteractiveFigure, fill, is_whole, is_words, labels, module_source, wrong_trait
from book_lib.widgets.running_example import SENTENCE

KERNELS = (3, 5, 7, 9)
DEPTH = 11
LENGTHS = tuple(12 * 2**i for i in range(11))
WIDTHS = (64, 128, 256, 512, 1024)
LEFT, TOP, BOTTOM = 14, 30, 158
STROKES = {True: "stroke-width:3", False: "stroke-width:2.2;stroke-dasharray:5 4"}     # the way of a word that arrives, or is lost


def one_of(default: int, allowed: tuple) -> Checked:
    """A trait holding one of a few whole numbers."""
    return Checked(default, lambda value: is_whole(value, 0, allowed[-1]) and value in allowed, f"one of {', '.join(map(str, allowed))}")


class WhoSeesWhom(InteractiveFigure):
    """Which inputs reach an output through recurrence, convolutions and self-attention, and at what cost (Vaswani et al. 2017, table 1).

    tokens [up to 12] words; output, source: places of the word that looks and of the word looked for; kernel: width k of the centred
    convolutions; layers: their number L; n, d: length and width for the costs. Raises ValueError for wrong traits.
    """

    name = "who_sees_whom"
    height = (1270, 2590)
    _esm = module_source(name)

    tokens = Checked(SENTENCE, lambda words: is_words(words, 2, 12), "a list of 2 to 12 words")
    output = Checked(SENTENCE.index("it"), lambda place: is_whole(place, 0, 11), "a whole number, the place of a word")
    source = Checked(SENTENCE.index("animal"), lambda place: is_whole(place, 0, 11), "a whole number, the place of a word")
    kernel = one_of(3, KERNELS)
    layers = Checked(2, lambda layers: is_whole(layers, 1, DEPTH), f"a whole number from 1 to {DEPTH}")
    n = one_of(12, LENGTHS)
    d = one_of(512, WIDTHS)

    def require_agreement(self) -> None:
        for part in ("output", "source"):
            if getattr(self, part) >= len(self.tokens):
                raise wrong_trait(self, part, getattr(self, part), f"a place among the {len(self.tokens)} tokens")

    def paths(self) -> dict:
        """For recurrence, convolution, attention: the inputs that reach the output, and the path of the source (None if it has none)."""
        far, side, places = abs(self.output - self.source), (self.kernel - 1) // 2, range(len(self.tokens))
        return {
            "reached": [
                [place <= self.output for place in places],
                [abs(place - self.output) <= self.layers * side for place in places],
                [True for _ in places],
            ],
            "path": [far if self.source <= self.output else None, self.layers if far <= self.layers * side else None, 1],
            "waits": [len(self.tokens), self.layers, 1],
            "needed": max(1, math.ceil(far / side)),
        }

    def costs(self) -> list[int]:
        """Operations for n tokens of width d, without constant factors: recurrence, the stack of convolutions, attention."""
        return [self.n * self.d**2, self.layers * self.kernel * self.n * self.d**2, self.n**2 * self.d]

    def sentence(self) -> str:
        words, found, cost = labels(self.name), self.paths(), self.costs()
        recurrence, convolution, _ = found["path"]
        missed = {(False, False): "both", (False, True): "recurrence", (True, False): "convolution", (True, True): "neither"}
        seen = fill(
            words["readout"][missed[recurrence is None, convolution is None]],
            output=self.tokens[self.output],
            source=self.tokens[self.source],
            path=None if recurrence is None else steps(words, recurrence),
            layers=through(words, self.layers),
            kernel=self.kernel,
            needed=found["needed"],
            has=self.layers,
        )
        dearest = words["names"][cost.index(max(cost))].lower()
        return f"{seen} {fill(words['dearest'], n=grouped(self.n), d=self.d, name=dearest, cost=grouped(max(cost)))}"

    def drawing(self, kind: int) -> dict:
        """One panel on a grid of [column, row], row 0 the inputs: rows, links [from, row, to, row], way of the source, arrives."""
        n, side = len(self.tokens), (self.kernel - 1) // 2
        if kind == 0:
            arrives = self.source <= self.output
            links = [[i, 0, i, 1] for i in range(self.output + 1)] + [[i, 1, i + 1, 1] for i in range(self.output)]
            way = [[self.source, 0], [self.source, 1], [self.output if arrives else n - 1, 1]]
            return {"rows": 2, "links": links, "way": way, "arrives": arrives}
        if kind == 2:
            links = [[i, 0, self.output, 1] for i in range(n)]
            return {"rows": 2, "links": links, "way": [[self.source, 0], [self.output, 1]], "arrives": True}
        links, way = [], [[self.source, 0]]
        for row in range(self.layers, 0, -1):
            cone = (self.layers - row) * side
            for i in range(max(0, self.output - cone), min(n - 1, self.output + cone) + 1):
                links += [[j, row - 1, i, row] for j in range(max(0, i - side), min(n - 1, i + side) + 1)]
        for row in range(1, self.layers + 1):
            at = way[-1][0]
            way.append([at + max(-side, min(side, self.output - at)), row])
        return {"rows": self.layers + 1, "links": links, "way": way, "arrives": way[-1][0] == self.output}

    def picture(self) -> str:
        words = labels(self.name)
        panels = "".join(
            f'<div class="bk-see-panel"><p class="bk-see-head">{escape(name)}</p>{self._panel(kind)}</div>'
            for kind, name in enumerate(words["names"])
        )
        rows = "".join(
            f'<tr><th scope="row">{escape(name)}</th><td>{escape(formula)}</td><td class="bk-see-number">{grouped(cost)}</td></tr>'
            for name, formula, cost in zip(words["names"], words["formulas"], self.costs(), strict=True)
        )
        heads = "".join(f'<th scope="col">{escape(words[head])}</th>' for head in ("layer", "formula", "number"))
        table = f'<table class="bk-see-costs"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
        return f'<div class="bk-see-panels">{panels}</div>{table}'

    def _panel(self, kind: int) -> str:
        words, plan, found = labels(self.name), self.drawing(kind), self.paths()
        pitch, reached = (240 - 2 * LEFT) / (len(self.tokens) - 1), found["reached"][kind]

        def place(i, row):
            return f"{LEFT + pitch * i:.1f} {BOTTOM - (BOTTOM - TOP) * row / (plan['rows'] - 1):.1f}"

        links = "".join(f"M{place(*link[:2])}L{place(*link[2:])}" for link in plan["links"])
        way = "L".join(place(*step) for step in plan["way"])
        dots, top = "", plan["rows"] - 1
        for row, i in itertools.product(range(plan["rows"]), range(len(self.tokens))):
            ends = {(top, self.output): "var(--q,#0072b2)", (0, self.source): "var(--k,#d55e00)"}
            inner = "var(--soft,#57606a)" if row == 0 and reached[i] else "var(--paper,#fff)"
            x, y = place(i, row).split()
            colour, radius = ends.get((row, i), inner), 6 if (row, i) in ends else 4
            dots += f'<circle cx="{x}" cy="{y}" r="{radius}" style="fill:{colour};stroke:var(--ign,#8c959f)"/>'
        output, source = self.tokens[self.output], self.tokens[self.source]
        title = fill(words["panel"], name=words["names"][kind], output=output, verdict=f"{source}: {self._path_text(kind)}")
        names = "".join(
            f'<text x="{min(220, max(20, LEFT + pitch * i)):.1f}" y="{y}" text-anchor="middle" '
            f'style="font-size:14px;fill:{colour}">{escape(text)}</text>'
            for i, y, colour, text in (
                (self.output, 14, "var(--q-text,#00639b)", output),
                (self.source, 184, "var(--k-text,#a84a00)", source),
            )
        )
        return (
            f'<svg viewBox="0 0 240 192" role="img" aria-label="{escape(title)}">'
            f'<path d="{links}" style="stroke:var(--ign,#8c959f);stroke-width:.7"/>'
            f'<path d="M{way}" style="fill:none;stroke:var(--k,#d55e00);{STROKES[plan["arrives"]]}"/>{dots}{names}</svg>'
        )

    def _path_text(self, kind: int) -> str:
        words, found = labels(self.name), self.paths()
        path = found["path"][kind]
        if path is None:
            return fill(words["short" if kind else "later"], needed=found["needed"], source=self.tokens[self.source])
        return through(words, path) if kind == 1 else steps(words, path)


def steps(words: dict, count: int) -> str:
    return words["none"] if count == 0 else words["step"] if count == 1 else fill(words["steps"], count=count)


def through(words: dict, count: int) -> str:
    return words["throughOne"] if count == 1 else fill(words["through"], count=count)


def grouped(number: int) -> str:
    """A whole number with its digits in groups of three."""
    return f"{number:,}".replace(",", "\u202f")
