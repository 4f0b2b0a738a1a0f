"""Each part of the two models compressed alone, all else untouched and without training: how much quality that costs. One minute.

All matrices of a part: 75 % of the weights zero, half of the numbers left by a lower rank, 3 bits. An attention layer with half of its
heads, a feed-forward network or a block of the backbone with half of its channels.
"""

from book_lib.experiments.compressed import MODELS, QUALITY, load, parts_of, quality, quality_of_part

EXAMPLES = {"translator": 100, "detr": 50}
FACTS = {"quality": QUALITY, "held_out": EXAMPLES}


def plan(runs):
    return [{"model": name, "part": part} for name in MODELS for part in ("none", *parts_of(name))]


def run(model, part):
    if part == "none":
        return {"whole": round(quality(model, load(model), examples=EXAMPLES[model]), 4)}
    return quality_of_part(model, part, EXAMPLES[model])
