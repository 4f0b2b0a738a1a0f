"""Interactive figure: scores, weights and gradients of random queries at every width, with and without division by √d_k."""

import json
import math
from html import escape
from pathlib import Path

from book_lib.widgets.base import Checked, InteractiveFigure, fill, is_matrix, is_number, is_whole, labels, module_source, number
from book_lib.widgets.running_example import softmax

DRAWS = Path(__file__).parent / "why_sqrt_d.json"
WIDTHS = tuple(2**i for i in range(11))
QUERIES, KEYS = 2000, 16
PLACES = (100, 500, 1000, 1500, 1900)      # which of the queries, ordered by their unscaled gradient, can be shown
SCORE_BINS, SCORE_STEP = 33, 0.25          # scores / √d_k, in steps from -4.125 to 4.125; what lies outside counts in the last bin
SIZE_BINS, SIZE_STEP, SMALLEST = 32, 0.25, -6     # log10 of the gradient's norm, from -6 to 2, likewise
AXIS = 96                                  # the score axis of the picture ends here
BASE, TALL = 72, 58
SIDES = ("plain", "scaled")


def draw(d_k: int, seed: int = 0) -> dict:
    """What the figure shows of 2000 random queries with 16 random keys each: the experiment of the chapter at one width.

    scores: counts [33] of q·k / √d_k; spread: standard deviation of q·k; rows: the scores [16] of five queries, sorted; gradients of
    "plain" and "scaled": counts [32] of log10 of ‖∂weights/∂q‖, its median and 95th percentile, the share below 0.01, the five's sizes.
    """
    import torch

    normal = {"generator": torch.Generator().manual_seed(seed), "dtype": torch.float64}
    query, key = torch.randn(QUERIES, 1, d_k, **normal), torch.randn(QUERIES, KEYS, d_k, **normal)
    scores = (query @ key.transpose(-2, -1))[:, 0]
    sizes = {"plain": gradient_sizes(scores, key, 1.0), "scaled": gradient_sizes(scores, key, d_k**-0.5)}
    chosen = sizes["plain"].argsort()[list(PLACES)]
    bins = (scores / math.sqrt(d_k) / SCORE_STEP + SCORE_BINS / 2).floor().clamp(0, SCORE_BINS - 1).long()
    return {
        "scores": bins.flatten().bincount(minlength=SCORE_BINS).tolist(),
        "spread": short(scores.std().item()),
        "rows": [[round(score, 3) for score in row] for row in scores[chosen].sort(descending=True).values.tolist()],
        "gradients": {name: summary(size, chosen) for name, size in sizes.items()},
    }


def gradient_sizes(scores, key, scale: float):
    """Norm [queries] of ∂weights/∂query = (diag(p) - p pᵀ) · keys · scale; scores [queries, keys], key [queries, keys, d_k]."""
    import torch

    p = (scores * scale).softmax(dim=-1)
    jacobian = torch.diag_embed(p) - p[:, :, None] * p[:, None, :]
    return (jacobian @ key * scale).flatten(1).norm(dim=1)


def summary(sizes, chosen) -> dict:
    bins = ((sizes.log10() - SMALLEST) / SIZE_STEP).floor().clamp(0, SIZE_BINS - 1).long()
    return {
        "counts": bins.bincount(minlength=SIZE_BINS).tolist(),
        "median": short(sizes.quantile(0.5).item()),
        "top": short(sizes.quantile(0.95).item()),
        "dead": short((sizes < 0.01).double().mean().item()),
        "chosen": [short(size) for size in sizes[chosen].tolist()],
    }


def short(x: float) -> float:
    """Four significant digits."""
    return float(f"{x:.4g}")


def record() -> None:
    """Write the draws of all widths beside this module; run once, a test makes them anew."""
    DRAWS.write_text("[\n" + ",\n".join(json.dumps(draw(d_k), separators=(",", ":")) for d_k in WIDTHS) + "\n]\n", "utf-8")


def is_counts(value, bins: int) -> bool:
    return len(value) == bins and all(is_whole(count, 0, 10**6) for count in value)


def is_side(side) -> bool:
    numbers = [side["median"], side["top"], side["dead"], *side["chosen"]]
    return is_counts(side["counts"], SIZE_BINS) and len(side["chosen"]) == len(PLACES) and all(is_number(x, 0) for x in numbers)


def is_draw(value) -> bool:
    rows = len(value["rows"]) == len(PLACES) and is_matrix(value["rows"], KEYS)
    scores = is_counts(value["scores"], SCORE_BINS) and is_number(value["spread"], 1e-9)
    return rows and scores and all(is_side(value["gradients"][side]) for side in SIDES)


class WhySqrtD(InteractiveFigure):
    """Scores, weights and gradients of random queries and keys of every width, side by side without and with division by √d_k.

    d_k: the width shown, a power of two up to 1024; place: 0 to 4, which query is shown, from small to large unscaled gradient; draws:
    what `draw` gives for each width. Raises ValueError for wrong traits.
    """

    name = "why_sqrt_d"
    height = (1160, 2140)
    _esm = module_source(name)

    draws = Checked(
        json.loads(DRAWS.read_text("utf-8")),
        lambda draws: len(draws) == len(WIDTHS) and all(map(is_draw, draws)),
        f"what book_lib.widgets.why_sqrt_d.draw gives, for each of {len(WIDTHS)} widths",
    )
    d_k = Checked(64, lambda d_k: is_whole(d_k, 1, WIDTHS[-1]) and d_k in WIDTHS, f"one of {', '.join(map(str, WIDTHS))}")
    place = Checked(2, lambda place: is_whole(place, 0, len(PLACES) - 1), "a whole number from 0 to 4")

    def shown(self) -> list[dict]:
        """What stands on the two sides: spread, weights [16] of the query shown, and the numbers of the gradients."""
        found = self.draws[WIDTHS.index(self.d_k)]
        sides = []
        for name, scale in zip(SIDES, (1, 1 / math.sqrt(self.d_k)), strict=True):
            gradients = found["gradients"][name]
            weights = softmax([score * scale for score in found["rows"][self.place]])
            own = {"spread": found["spread"] * scale, "scale": scale, "weights": weights, "size": gradients["chosen"][self.place]}
            sides.append(gradients | own)
        return sides

    def sentence(self) -> str:
        words, (plain, scaled) = labels(self.name), self.shown()
        return fill(
            words["readout"],
            d=self.d_k,
            spread=number(plain["spread"], 1),
            median=size(plain["median"]),
            dead=number(100 * plain["dead"], 0),
            top=size(plain["top"]),
            scaledSpread=number(scaled["spread"], 1),
            scaledMedian=size(scaled["median"]),
            scaledDead=number(100 * scaled["dead"], 0),
            scaledTop=size(scaled["top"]),
        )

    def picture(self) -> str:
        words, parts = labels(self.name), ""
        for part, drawn in enumerate((self._scores, self._weights, self._sizes)):
            panels = "".join(
                f'<div><p class="bk-scale-side">{escape(name)}</p>{panel(part, name, side, drawn(side))}'
                f'<p class="bk-scale-stat">{escape(stat(part, side))}</p></div>'
                for name, side in zip(words["sides"], self.shown(), strict=True)
            )
            head = f'<strong>{escape(words["parts"][part])}</strong> <span class="bk-why">{escape(words["axes"][part])}</span>'
            parts += f'<div class="bk-scale-part"><p class="bk-scale-head">{head}</p>{panels}</div>'
        return parts

    def _scores(self, side: dict) -> str:
        found = self.draws[WIDTHS.index(self.d_k)]
        counts = found["scores"]
        steps = [score_x((i - SCORE_BINS / 2) * SCORE_STEP * math.sqrt(self.d_k) * side["scale"]) for i in range(SCORE_BINS + 1)]
        outline = "".join(f"V{BASE - TALL * count / max(counts):.1f}H{x:.1f}" for count, x in zip(counts, steps[1:], strict=True))
        ticks = "".join(tick(score_x(score), number(score, 0)) for score in (-80, -40, 0, 40, 80))
        keys = "".join(f"M{score_x(score * side['scale']):.1f} {BASE - 9}v9" for score in found["rows"][self.place])
        area = f'<path d="M{steps[0]:.1f} {BASE}{outline}V{BASE}Z" style="fill:var(--ign,#8c959f)"/>'
        return f'{area}<path d="{keys}" style="stroke:var(--k,#d55e00);stroke-width:1.6"/>{ticks}'

    def _weights(self, side: dict) -> str:
        return "".join(bar(8 + 18 * i, 14, weight, "var(--k,#d55e00)") for i, weight in enumerate(side["weights"]))

    def _sizes(self, side: dict) -> str:
        most = max(side["counts"])
        bars = "".join(bar(6 + 9 * i, 8, count / most, "var(--ign,#8c959f)") for i, count in enumerate(side["counts"]) if count)
        median = f'<path d="M{size_x(side["median"]):.1f} {BASE - TALL - 6}V{BASE}" style="stroke:var(--ink,#1d2329);stroke-width:2"/>'
        mark = f'<path d="M{size_x(side["size"]):.1f} {BASE - 8}l8 8l-8 8l-8-8z" style="fill:var(--q,#0072b2)"/>'
        powers = (("10⁻⁶", 16), ("10⁻⁴", 78), ("10⁻²", 150), ("1", 222), ("10²", 286))
        return bars + median + mark + "".join(tick(x, power) for power, x in powers)


def panel(part: int, name: str, side: dict, drawing: str) -> str:
    words = labels("why_sqrt_d")
    title = fill(words["panel"], part=words["parts"][part], side=name, stat=stat(part, side))
    axis = f'<path d="M6 {BASE}H294" style="stroke:var(--ign,#8c959f)"/>'
    return f'<svg viewBox="0 6 300 {72 if part == 1 else 86}" role="img" aria-label="{escape(title)}">{drawing}{axis}</svg>'


def stat(part: int, side: dict) -> str:
    """The line under one panel."""
    return fill(
        labels("why_sqrt_d")["stats"][part],
        spread=number(side["spread"], 1),
        first=number(side["weights"][0], 3),
        second=number(side["weights"][1], 3),
        median=size(side["median"]),
        dead=number(100 * side["dead"], 0),
        top=size(side["top"]),
        shown=size(side["size"]),
    )


def size(x: float) -> str:
    """The size of a gradient in words short enough for a line."""
    return number(x) if x >= 0.1 or x == 0 else number(x, 4) if x >= 0.00005 else labels("why_sqrt_d")["tiny"]


def score_x(score: float) -> float:
    return 150 + 1.5 * max(-AXIS, min(AXIS, score))


def size_x(norm: float) -> float:
    return 6 + 9 * max(0.0, min(float(SIZE_BINS), (math.log10(norm) - SMALLEST) / SIZE_STEP))


def bar(x: float, width: float, share: float, colour: str) -> str:
    return f'<rect x="{x}" y="{BASE - TALL * share:.1f}" width="{width}" height="{TALL * share:.1f}" style="fill:{colour}"/>'


def tick(x: float, text: str) -> str:
    return f'<text x="{x:g}" y="{BASE + 16}" text-anchor="middle" style="font-size:12px">{text}</text>'
