"""Interactive figure: what models of one benchmark score, against what their training cost or how large they are."""

import math
from dataclasses import asdict
from html import escape

from book_lib.book.history import BENCHMARKS, points
from book_lib.widgets.base import Checked, InteractiveFigure, fill, is_number, labels, module_source, number, wrong_trait

AXES = ("cost", "parameters")
TEXTS = ("model", "benchmark", "note", "where")
SMALL = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def packed_points() -> list[dict]:
    """The points of history.yml as the figure takes them."""
    return [{name: value for name, value in asdict(point).items() if name != "work"} for point in points()]


def are_points(rows) -> bool:
    return len(rows) > 0 and all(
        all(isinstance(row[name], str) and row[name] for name in TEXTS) and is_number(row["score"], 0)
        and all(row[name] is None or is_number(row[name], 0) and row[name] > 0 for name in AXES)
        and any(row[name] is not None for name in AXES) and (row["cost"] is None or isinstance(row["cost_unit"], str))
        for row in rows
    )


def amount(x: float) -> str:
    """2300 -> "2 300", 3.3e18 -> "3.3·10¹⁸"."""
    if x >= 1e6:
        power = math.floor(math.log10(x) + 1e-9)
        return f"{float(f'{x / 10**power:.4g}'):g}·10{str(power).translate(SMALL)}"
    return f"{int(x):,}".replace(",", "\u202f") if float(x).is_integer() else str(x)


def scored(x: float) -> str:
    """42 -> "42.0", 25.16 -> "25.16", with a real minus sign."""
    text = f"{x:.2f}".rstrip("0").replace("-", "−")
    return f"{text}0" if text.endswith(".") else text


def ratio(x: float) -> str:
    words = labels(CostAndScore.name)
    if abs(x - 1) < 0.005:
        return words["same"]
    if 0.5 < x < 2:
        return fill(words["percent"], x=number(100 * x, 0))
    name, x = ("times", x) if x > 1 else ("part", 1 / x)
    return fill(words[name], x=number(x, 1 if x < 10 else 0).removesuffix(".0"))


def values(point: dict) -> str:
    """A point's size and cost in words."""
    words, found = labels(CostAndScore.name), []
    if point["parameters"]:
        found.append(f"{fill(words['parameters'], x=amount(point['parameters']))} {words['axes']['parameters']}")
    if point["cost"]:
        found.append(fill(words["cost"], x=amount(point["cost"]), unit=point["cost_unit"]))
    return fill(words["and"], a=found[0], b=found[1]) if len(found) > 1 else found[0]


class CostAndScore(InteractiveFigure):
    """Models of one benchmark: score upwards, training cost or parameters across, on a logarithmic axis, and a table of all.

    benchmark: one of book_lib.book.history.BENCHMARKS; axis: "cost" or "parameters"; model, other: the chosen one and its rival.
    points: data, those of history.yml unless given. Raises ValueError for wrong traits.
    """

    name = "cost_and_score"
    height = (1380, 1840)
    _esm = module_source(name)

    points = Checked([], are_points, "the points of history.yml, as packed_points() gives them")
    benchmark = Checked("ImageNet, top-1 %", lambda name: name in BENCHMARKS, "one of the benchmarks of the points")
    axis = Checked("cost", lambda name: name in AXES, "cost or parameters, whichever the benchmark has")
    model = Checked("ViT-L/16 (JFT)", lambda name: isinstance(name, str), "a model of the benchmark")
    other = Checked("BiT-L (ResNet152x4)", lambda name: isinstance(name, str), "a model of the benchmark")

    def __init__(self, **traits):
        super().__init__(**{"points": packed_points()} | traits)

    def listed(self) -> list[dict]:
        """The points of the chosen benchmark."""
        return [point for point in self.points if point["benchmark"] == self.benchmark]

    def require_agreement(self) -> None:
        listed = self.listed()
        if not listed:
            raise wrong_trait(self, "benchmark", self.benchmark, "one of the benchmarks of the points")
        if all(point[self.axis] is None for point in listed):
            raise wrong_trait(self, "axis", self.axis, "cost or parameters, whichever the benchmark has")
        for name in ("model", "other"):
            if getattr(self, name) not in {point["model"] for point in listed}:
                raise wrong_trait(self, name, getattr(self, name), "a model of the benchmark")

    def point(self, model: str) -> dict:
        return next(point for point in self.listed() if point["model"] == model)

    def sentence(self) -> str:
        words, one, other = labels(self.name), self.point(self.model), self.point(self.other)
        first = fill(words["one"], **one | {"score": scored(one["score"]), "values": values(one)})
        if one is other:
            return first
        gap = one["score"] - other["score"]
        said = {"other": other["model"], "difference": ("" if gap < 0 else "+") + scored(gap)}
        a, b = one[self.axis], other[self.axis]
        if a is None or b is None:
            return f"{first} {fill(words['versusScore'], **said)}"
        return f"{first} {fill(words['versusCost' if self.axis == 'cost' else 'versusParameters'], ratio=ratio(a / b), **said)}"

    def scales(self) -> dict:
        """The ends of both axes and the lines across: {x: [low, high], y: [low, high], ticks, steps}."""
        listed = [point for point in self.listed() if point[self.axis] is not None]
        xs, ys = [point[self.axis] for point in listed], [point["score"] for point in listed]
        low, high = min(xs) / 1.25, max(xs) * 1.25
        powers = range(math.floor(math.log10(low)), math.floor(math.log10(high)) + 1)
        wide = high / low
        parts = (1,) if wide > 300 else (1, 3) if wide > 10 else (1, 2, 5) if wide > 5 else (1, 1.5, 2, 3, 4, 5, 6, 8)
        ticks = [part * 10.0**power for power in powers for part in parts]
        span = max(ys) - min(ys)
        step = next((size for size in (0.5, 1, 2, 5, 10) if span / size <= 6), 10)
        bottom, top = (math.floor((min(ys) - span / 20) / step) * step, math.ceil((max(ys) + span / 20) / step) * step)
        steps = [bottom + i * step for i in range(round((top - bottom) / step) + 1)]
        return {"x": [low, high], "y": [bottom, top], "ticks": [x for x in ticks if low <= x <= high], "steps": steps}

    def picture(self) -> str:
        words, scales, listed = labels(self.name), self.scales(), self.listed()
        wide, high, left = 700, 340, 40
        (a, b), (c, d), bottom = scales["x"], scales["y"], high - 44
        unit = next(point["cost_unit"] for point in listed if point["cost"]) if self.axis == "cost" else words["millions"]

        def at(x):
            return left + math.log(x / a) / math.log(b / a) * (wide - left - 12)

        def up(y):
            return bottom - (y - c) / (d - c) * (bottom - 14)

        drawn = []
        for x in scales["ticks"]:
            drawn.append(f'<line class="bk-grid" x1="{at(x):.1f}" x2="{at(x):.1f}" y1="6" y2="{bottom}"/>'
                         f'<text class="bk-small" x="{at(x):.1f}" y="{bottom + 17}" text-anchor="middle">{amount(x)}</text>')
        for y in scales["steps"]:
            drawn.append(f'<line class="bk-grid" x1="{left}" x2="{wide}" y1="{up(y):.1f}" y2="{up(y):.1f}"/>'
                         f'<text class="bk-small" x="{left - 6}" y="{up(y) + 4:.1f}" text-anchor="end">{number(y, 1, True)}</text>')
        drawn.append(f'<text class="bk-small" x="{wide}" y="{high - 4}" text-anchor="end">{escape(unit)} →</text>'
                     f'<text class="bk-small" x="0" y="4">↑ {escape(words["up"])}</text>')
        for n, point in enumerate(listed, start=1):
            if point[self.axis] is None:
                continue
            kind = " bk-cost-on" if point["model"] == self.model else " bk-cost-other" if point["model"] == self.other else ""
            x, y = at(point[self.axis]), up(point["score"])
            drawn.append(f'<g class="bk-cost-dot{kind}"><circle cx="{x:.1f}" cy="{y:.1f}" r="11"/>'
                         f'<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle">{n}</text></g>')
        said = escape(fill(words["picture"], benchmark=self.benchmark, unit=unit))
        plot = f'<svg class="bk-cost" viewBox="0 0 {wide} {high}" role="img" aria-label="{said}">{"".join(drawn)}</svg>'
        return plot + self._table(listed)

    def _table(self, listed) -> str:
        words, rows = labels(self.name), []
        for n, point in enumerate(listed, start=1):
            cells = [scored(point["score"])]
            for name in ("parameters", "cost"):
                there = point[name] is not None
                cells.append(fill(words[name], x=amount(point[name]), unit=point["cost_unit"]) if there else words["none"])
            cells = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
            where = f'<td class="bk-cost-where">{escape(point["where"])}</td>'
            rows.append(f'<tr><th scope="row">{n}. {escape(point["model"])}</th>{cells}{where}</tr>')
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in words["columns"].values())
        table = f'<table class="bk-cost-table"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
        return f'<div class="bk-scroll">{table}</div>'
