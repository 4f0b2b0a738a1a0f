"""Record scores, weights and gradients of random queries at every width, with and without division by √d_k. Takes seconds."""

import json
import math
from pathlib import Path

import torch

DATA = Path(__file__).with_name("data.json")
WIDTHS = tuple(2**i for i in range(11))
QUERIES, KEYS = 2000, 16
PLACES = (100, 500, 1000, 1500, 1900)      # which of the queries, ordered by their unscaled gradient, can be shown
SCORE_BINS, SCORE_STEP = 33, 0.25          # scores / √d_k, in steps from -4.125 to 4.125; what lies outside counts in the last bin
SIZE_BINS, SIZE_STEP, SMALLEST = 32, 0.25, -6     # log10 of the gradient's norm, from -6 to 2, likewise


def draw(d_k: int, seed: int = 0):
    """What the figure shows of 2000 random queries with 16 random keys each: the experiment of the chapter at one width.

    scores: counts [33] of q·k / √d_k; spread: standard deviation of q·k; rows: the scores [16] of five queries, sorted; gradients of
    "plain" and "scaled": counts [32] of log10 of ‖∂weights/∂q‖, its median and 95th percentile, the share below 0.01, the five's sizes.
    """
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
    p = (scores * scale).softmax(dim=-1)
    jacobian = torch.diag_embed(p) - p[:, :, None] * p[:, None, :]
    return (jacobian @ key * scale).flatten(1).norm(dim=1)


def summary(sizes, chosen):
    bins = ((sizes.log10() - SMALLEST) / SIZE_STEP).floor().clamp(0, SIZE_BINS - 1).long()
    return {
        "counts": bins.bincount(minlength=SIZE_BINS).tolist(),
        "median": short(sizes.quantile(0.5).item()),
        "top": short(sizes.quantile(0.95).item()),
        "dead": short((sizes < 0.01).double().mean().item()),
        "chosen": [short(size) for size in sizes[chosen].tolist()],
    }


def short(x: float):
    """Four significant digits."""
    return float(f"{x:.4g}")


def main():
    DATA.write_text("[\n" + ",\n".join(json.dumps(draw(d_k), separators=(",", ":")) for d_k in WIDTHS) + "\n]\n", "utf-8")


if __name__ == "__main__":
    main()
