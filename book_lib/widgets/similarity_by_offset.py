"""Interactive figure: how alike the codes of two positions are, and what a rotation of the query does to it."""

import math
from html import escape

from book_lib.widgets.base import Checked, InteractiveFigure, fill, is_whole, labels, module_source, number
from book_lib.widgets.position_code import BASES, POSITIONS, code

WIDTHS = (4, 8, 16, 32, 64, 128)
FARTHEST = 8
LEFT, STEP, ZERO, UNIT = 30, 6.5, 140, 116
EDGE = 1e-9     # two similarities this close count as equal, and the lower position wins


def unit(v: list[float]) -> list[float]:
    return [x / math.hypot(*v) for x in v]


def codes(kind: int, width: int, base: float) -> list[list[float]]:
    """All codes [48, width], each of length 1: sinusoidal (kind 0) or random (kind 1, from a counter that the browser counts alike)."""
    if kind == 0:
        return [unit(code(p, width, base)) for p in range(POSITIONS)]
    seed, drawn = 2017, []
    for _ in range(POSITIONS * width):
        seed = (1664525 * seed + 1013904223) % 2**32
        drawn.append(seed / 2**31 - 1)
    return [unit(drawn[p * width : (p + 1) * width]) for p in range(POSITIONS)]


def turned(v: list[float], look: int, base: float) -> list[float]:
    """A vector times shift_matrix(look): the rotation that takes the code of p to the code of p + look."""
    out = []
    for i in range(len(v) // 2):
        angle, (sine, cosine) = look * base ** (-2 * i / len(v)), v[2 * i : 2 * i + 2]
        out += [sine * math.cos(angle) + cosine * math.sin(angle), cosine * math.cos(angle) - sine * math.sin(angle)]
    return out


class SimilarityByOffset(InteractiveFigure):
    """Similarity of one position's code with all 48, before and after turning it by the rotation of a shift.

    query: 0 to 47, its position; look: -8 to 8, how many places away it asks; kind: 0 sinusoidal, 1 random codes; width: d_model, 4 to
    128; base as in PositionCode. Raises ValueError for wrong traits.
    """

    name = "similarity_by_offset"
    height = (950, 1190)
    _esm = module_source(name)

    query = Checked(20, lambda query: is_whole(query, 0, POSITIONS - 1), f"a whole number from 0 to {POSITIONS - 1}")
    look = Checked(0, lambda look: is_whole(look, -FARTHEST, FARTHEST), f"a whole number from -{FARTHEST} to {FARTHEST}")
    kind = Checked(0, lambda kind: is_whole(kind, 0, 1), "0 (sinusoidal) or 1 (random)")
    width = Checked(64, lambda width: width in WIDTHS, f"one of {', '.join(map(str, WIDTHS))}")
    base = Checked(10000, lambda base: base in BASES, f"one of {', '.join(map(str, BASES))}")

    def similarities(self) -> list[float]:
        """Similarity [48] of the turned query with every position: 1 is the same direction."""
        everyone = codes(self.kind, self.width, self.base)
        asked = turned(everyone[self.query], self.look, self.base)
        return [sum(a * b for a, b in zip(asked, v, strict=True)) for v in everyone]

    def best(self) -> int:
        """The position that fits best, the lowest of equals."""
        found, best = self.similarities(), 0
        for place, similarity in enumerate(found):
            best = place if similarity > found[best] + EDGE else best
        return best

    def sentence(self) -> str:
        words, found, best, wanted = labels(self.name), self.similarities(), self.best(), self.query + self.look
        around = [number(found[place]) if 0 <= place < POSITIONS else words["edge"] for place in (best - 1, best + 1)]
        look = fill(words["back" if self.look < 0 else "ahead"], k=abs(self.look)) if self.look else words["here"]
        template = words["noise" if self.kind == 1 and best != wanted else "readout"]
        values = {"query": self.query, "look": look, "best": best, "wanted": wanted, "top": number(found[best])}
        return fill(template, **values, left=around[0], right=around[1])

    def picture(self) -> str:
        found, best = self.similarities(), self.best()
        across = [LEFT + (p + 0.5) * STEP for p in range(POSITIONS)]
        line = "L".join(f"{x:.1f} {ZERO - UNIT * v:.1f}" for x, v in zip(across, found, strict=True))
        grid = "".join(
            f'<path d="M{LEFT} {ZERO - UNIT * v:g}H{LEFT + POSITIONS * STEP:g}" style="stroke:var(--line,#d5dade)"/>'
            f'<text x="{LEFT - 5}" y="{ZERO - UNIT * v + 4:g}" text-anchor="end" style="font-size:12px">{number(v, 1)}</text>'
            for v in (-0.5, 0, 0.5, 1)
        )
        ticks = "".join(
            f'<text x="{across[p]:g}" y="236" text-anchor="middle" style="font-size:12px">{p}</text>' for p in range(0, POSITIONS, 10)
        )
        stem = f'<path d="M{across[self.query]:g} {ZERO - UNIT}V{ZERO + 0.6 * UNIT:g}" style="stroke:var(--q,#0072b2);stroke-width:1.5"/>'
        height = ZERO - UNIT * found[best]
        peak = f'<circle cx="{across[best]:g}" cy="{height:.1f}" r="7" style="fill:none;stroke:var(--k,#d55e00);stroke-width:2"/>'
        title = escape(labels(self.name)["plot"])
        curve = f'<path d="M{line}" style="fill:none;stroke:var(--k,#d55e00);stroke-width:2"/>'
        return f'<svg class="bk-wide" viewBox="0 0 350 258" role="img" aria-label="{title}">{grid}{ticks}{stem}{curve}{peak}</svg>'
