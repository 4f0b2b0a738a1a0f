"""Interactive figure: the sinusoidal code as a heat map, as waves and as clocks."""

import math
from html import escape

from book_lib.widgets.base import Checked, InteractiveFigure, fill, is_whole, labels, module_source, number, wrong_trait

POSITIONS = 48
WIDTHS = (4, 8, 16, 32)
BASES = (1, 10, 100, 1000, 10000, 100000)
LEFT, CELL, TOP, TALL = 26, 6.5, 8, 176


def code(position: int, width: int, base: float) -> list[float]:
    """The code of one position [width] by plain arithmetic; equal to sinusoidal_code."""
    return [(math.cos if c % 2 else math.sin)(position * base ** (-2 * (c // 2) / width)) for c in range(width)]


def lookalikes(position: int, width: int, base: float) -> tuple[list[int], float]:
    """The other positions whose codes are nearest, one or two that are equally near, and how far they are."""
    mine, others, distance = code(position, width, base), [], math.inf
    for other in range(POSITIONS):
        away = math.dist(mine, code(other, width, base))
        if other == position or away > distance + 1e-9:
            continue
        others, distance = ([other], away) if away < distance - 1e-9 else ([*others, other], distance)
    return others, distance


class PositionCode(InteractiveFigure):
    """The sinusoidal code of 48 positions: its colours, the two waves of one clock, all clocks of one position (Vaswani et al. 2017, 3.5).

    width: d_model, one of 4, 8, 16, 32; base: 1 to 100 000 in powers of ten; position: 0 to 47; clock: 0 to width / 2 - 1, the pair of
    rows that is explained. Raises ValueError for wrong traits.
    """

    name = "position_code"
    height = (1040, 1360)
    _esm = module_source(name)

    width = Checked(16, lambda width: width in WIDTHS, f"one of {', '.join(map(str, WIDTHS))}")
    base = Checked(10000, lambda base: base in BASES, f"one of {', '.join(map(str, BASES))}")
    position = Checked(5, lambda position: is_whole(position, 0, POSITIONS - 1), f"a whole number from 0 to {POSITIONS - 1}")
    clock = Checked(1, lambda clock: is_whole(clock, 0, max(WIDTHS) // 2 - 1), "a whole number, the place of a clock")

    def require_agreement(self) -> None:
        if self.clock >= self.width // 2:
            raise wrong_trait(self, "clock", self.clock, f"a whole number from 0 to {self.width // 2 - 1}")

    def sentence(self) -> str:
        others, distance = lookalikes(self.position, self.width, self.base)
        words = labels(self.name)["readouts" if len(others) > 1 else "readout"]
        places = dict(zip(("first", "second"), others, strict=False))
        return fill(words, **places, position=self.position, distance=number(distance), length=number(math.sqrt(self.width / 2)))

    def picture(self) -> str:
        tall, x = TALL / self.width, LEFT + (self.position + 0.5) * CELL
        cells = "".join(self._shade(sign, tenths, tall) for sign in (1, -1) for tenths in range(1, 11))
        ticks = "".join(
            f'<text x="{LEFT + (p + 0.5) * CELL:g}" y="{TOP + TALL + 18}" text-anchor="middle" style="font-size:12px">{p}</text>'
            for p in range(0, POSITIONS, 10)
        )
        cursor = f'<path d="M{x:g} {TOP - 4}V{TOP + TALL + 4}" style="stroke:var(--ink,#1d2329);stroke-width:1.5"/>'
        title = escape(fill(labels(self.name)["map"], n=POSITIONS, d=self.width).split(".")[0])
        return f'<svg class="bk-code" viewBox="0 0 340 206" role="img" aria-label="{title}">{cells}{cursor}{ticks}</svg>'

    def _shade(self, sign: int, tenths: int, tall: float) -> str:
        """All cells of one sign whose value is about tenths / 10, as one path."""
        marks = "".join(
            f"M{LEFT + p * CELL:g} {TOP + c * tall:g}h{CELL:g}v{tall:g}h-{CELL:g}z"
            for p in range(POSITIONS)
            for c, value in enumerate(code(p, self.width, self.base))
            if round(10 * sign * value) == tenths
        )
        name, colour = ("bk-high", "#d55e00") if sign > 0 else ("bk-low", "#0072b2")
        return f'<path class="{name}" fill="{colour}" fill-opacity="{tenths / 10}" d="{marks}"/>'
