"""Chapter 6's variants, students and small designs in long trainings: rates of their own, three orders of the batches, 1 000 examples."""

import copy
from statistics import mean

import torch
from torch import nn

from book_lib import compression
from book_lib.data.translation import make_pairs
from book_lib.experiments import compressed
from book_lib.experiments.compressed import AFTER, FURTHER, VARIANTS, file_bytes, fine_tune, load, measure, quality, variant
from book_lib.experiments.translator import new_translator, train_translator

SEEDS = (0, 1, 2)
LONGER = {                                                                  # half of the translator's training, a twelfth of the detector's
    "translator": {"steps": 800, "batch": 64, "smoothing": 0.1},
    "detr": {"steps": 1240, "batch": 16, "epochs": 5, "scenes": 20_000},
}
RATES = {"translator": (5e-4, 2e-3), "detr": (3e-4, 1e-3)}
CHANGES = (                                                                  # of VARIANTS and FURTHER, in the order of their worth
    "original", "2:4", "pruned 75 %", "channels halved", "factorised to 1/2", "4 bits", "pruned 90 %", "layers dropped, channels halved",
    "heads halved", "factorised to 1/4", "layers shared", "channels halved, pruned 75 %", "channels halved, 4 bits", "pruned 50 %",
    "layers dropped", "keys shared in pairs", "linear attention", "heads and channels halved",
)
NOT_OF_THE_DETECTOR = {                                                      # each of its full runs takes two and a half minutes
    "pruned 90 %", "factorised to 1/4", "channels halved, pruned 75 %", "channels halved, 4 bits", "heads and channels halved",
}
STUDENTS = {"translator": "layers dropped", "detr": "layers dropped, channels halved"}
ARMS = ("alone", "distilled", "alone, twice as long")
FROM_START = {"steps": 1600, "batch": 64, "smoothing": 0.1, "pairs": 60_000}  # as recipes/translator.py
START_RATES = (2e-3, 5e-3)
DESIGNS = {                                                                  # name: (sizes that differ from the book's, what is done then)
    "as the book's": ({}, None),
    "one layer in each stack": ({"n_layers": 1}, None),
    "layers shared": ({}, lambda model, seed: compressed.share_stacks(model)),
    "keys shared in pairs": ({}, lambda model, seed: _drawn_anew(compressed.share_keys(model), seed)),
    "feed-forward a quarter as wide": ({"d_ff": 64}, None),
    "half as wide": ({"d_model": 64, "d_ff": 128}, None),
    "linear attention in the encoder": ({}, lambda model, seed: compressed.linear_encoder(model)),
}


def planned(arms, rates, runs=(), *, both_in_full=False):
    """The runs of a table: each arm at each rate with a quarter of its steps, then each arm in full, the first order before the others.

    arms: dicts of plain values with "steps"; rates(arm): the two to be tried. A full run has no "lr": it takes the better one. Where a
    quarter of the steps chose the lower rate, or everywhere if both_in_full, the first order is run in full at both: runs say where.
    """
    tried = [{**arm, "steps": arm["steps"] // 4, "lr": lr, "seed": SEEDS[0]} for arm in arms for lr in rates(arm)]
    first, at_both, others = [], [], [{**arm, "seed": seed} for seed in SEEDS[1:] for arm in arms]
    for arm in arms:
        short = _tried(runs, arm)
        better = max(rates(arm), key=short.get) if short.keys() >= set(rates(arm)) else None
        if better is not None and (both_in_full or better != max(rates(arm))):
            first.append({**arm, "lr": better, "seed": SEEDS[0]})
            at_both += [{**arm, "lr": rate, "seed": SEEDS[0]} for rate in rates(arm) if rate != better]
        else:
            first.append({**arm, "seed": SEEDS[0]})
    return [*tried, *first, *at_both, *others]


def better_rate(runs, arm, rates):
    """The best rate of an arm: after all of its steps where the first order was run in full at several, or else after a quarter of them.

    Raises ValueError where one of rates has not been tried with a quarter of the steps yet.
    """
    short = _tried(runs, arm)
    if missing := [rate for rate in rates if rate not in short]:
        raise ValueError(f"{arm} has no run of {arm['steps'] // 4} steps at the rate {missing[0]:g} yet, expected one at each of {rates}")
    whole = {run["lr"]: run["quality"] for run in runs if _is(run, arm | {"seed": SEEDS[0]})}
    return max(whole, key=whole.get) if len(whole) > 1 else max(rates, key=short.get)


def _tried(runs, arm):
    """{rate: quality} of the runs of an arm with a quarter of its steps."""
    return {run["lr"]: run["quality"] for run in runs if _is(run, arm | {"steps": arm["steps"] // 4})}


def _is(run, wanted):
    return all(run.get(key) == value for key, value in wanted.items())


def change_arms(name):
    """The arms of longer_translator and longer_detr."""
    left_out = NOT_OF_THE_DETECTOR if name == "detr" else ()
    return [{"change": change, "steps": LONGER[name]["steps"]} for change in CHANGES if change not in left_out]


def plan_of_changes(name, runs):
    """The runs of longer_translator and longer_detr: each change untrained, then what planned says."""
    arms = change_arms(name)
    return [{"change": arm["change"], "steps": 0, "seed": SEEDS[0]} for arm in arms] + planned(arms, lambda arm: RATES[name], runs)


def student_arms():
    """The arms of the table of students, the translator's first."""
    return [{"model": name, "arm": arm, "steps": LONGER[name]["steps"] * (2 if arm == ARMS[2] else 1)} for name in STUDENTS for arm in ARMS]


def design_arms():
    """The arms of the table from_the_start."""
    return [{"design": design, "steps": FROM_START["steps"]} for design in DESIGNS]


def train_change(name, change, *, steps, seed, lr, examples=None, rounded=True, **settings):
    """A variant after so many steps of fine-tuning, none for 0, and rounded to int8 and to 4 bits after that without more training.

    Returns a row: lr, bytes, parameters, multiplications, zeros, quality, loss (means of fifths of the steps), and bytes and quality of
    what is rounded, unless rounded is False. settings change LONGER.
    """
    model = variant(name, change)
    losses = fine_tune(name, model, seed=seed, **LONGER[name] | {"steps": steps, "lr": lr} | settings) if steps else []
    model = compression.settle(model).cpu().eval()
    kind = (VARIANTS | FURTHER)[change][1]
    row = _row(measure(name, model, kind, examples=examples), lr, losses) | {"zeros": round(compression.sparsity_of(model), 4)}
    for then in ("int8", "int4") if rounded and kind != "int4" else ():
        turn, stored = AFTER[f"{then} without zeros" if kind == "sparse" else then]
        smaller = turn(copy.deepcopy(model))
        row |= {f"{then}_bytes": file_bytes(smaller, stored), f"{then}_quality": round(quality(name, smaller, examples=examples), 4)}
    return row


def train_student(name, arm, *, steps, seed, lr, examples=None, **settings):
    """A student of a model after so many steps, "alone", "distilled" or "alone, twice as long". Returns a row, as train_change does.

    No arm smooths the labels, so that the arms differ in the teacher alone.
    """
    if arm not in ARMS:
        raise ValueError(f"arm is {arm!r}, expected one of {', '.join(ARMS)}")
    student = variant(name, STUDENTS[name])
    hard = {"smoothing": 0.0} if name == "translator" else {}
    losses = fine_tune(name, student, seed=seed, teacher=load(name) if arm == "distilled" else None,
                       **LONGER[name] | {"steps": steps, "lr": lr} | hard | settings)
    return _row(measure(name, student.cpu().eval(), examples=examples), lr, losses)


def new_design(design, *, seed):
    """An untrained translator of DESIGNS. The start follows from seed."""
    if design not in DESIGNS:
        raise ValueError(f"design is {design!r}, expected one of {', '.join(DESIGNS)}")
    sizes, change = DESIGNS[design]
    model = new_translator(seed=seed, **sizes)
    return model if change is None else change(model, seed)


def train_design(design, *, steps, seed, lr, examples=None, **settings):
    """A translator of DESIGNS trained from its start, as recipes/translator.py does. Returns a row, as train_change does."""
    settings = FROM_START | settings
    model = new_design(design, seed=seed)
    losses = train_translator(model, make_pairs(settings["pairs"], seed=1), seed=seed, steps=steps, warmup=max(1, steps // 4), top_rate=lr,
                              batch=settings["batch"], smoothing=settings["smoothing"])
    return _row(measure("translator", model.cpu().eval(), examples=examples), lr, losses)


def facts(name, rates):
    """What a table says of itself: how good is measured, on how much, and which rates were tried."""
    return {"quality": compressed.QUALITY[name], "held_out": compressed.HELD_OUT, "rates": list(rates)}


def _row(measured, lr, losses):
    fifths = [losses[i * len(losses) // 5 : (i + 1) * len(losses) // 5] for i in range(5)]
    return {"lr": lr, "bytes": measured.bytes, "parameters": measured.parameters, "multiplications": measured.multiplications,
            "quality": round(measured.quality, 4), "loss": [round(mean(part), 4) for part in fifths if part]}


def _drawn_anew(model, seed):
    """Random keys and values again, where means of random ones would be too small."""
    generator = torch.Generator().manual_seed(seed)
    for layer in compressed.attentions(model).values():
        for projection in (layer.k_proj, layer.v_proj):
            nn.init.xavier_uniform_(projection.weight, generator=generator)
    return model
