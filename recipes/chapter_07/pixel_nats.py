"""iGPT on real digits by both objectives: held-out nats per pixel and the linear probe after every block, beside the untrained network.

Three objectives (the third hides one pixel of every picture), two rates with one seed and a quarter of the steps, then three seeds at each
objective's better rate; the first seed of two objectives is the shipped model (recipes/igpt.py, recipes/igpt_masked.py). And three seeds
that are not trained at all. Every run keeps the weights of its best look at the choice part. Of the short runs with one hidden pixel, the
nats of a pixel hidden alone are kept, too, on which the rate is chosen; of the full ones they are "nats". About 16 minutes of one core.
"""

from book_lib.book.models import load_log
from book_lib.experiments.pixels import (
    BATCH,
    LOOK_EVERY,
    OBJECTIVES,
    SIZES,
    TOGETHER,
    load_igpt,
    nats_by_place,
    new_model,
    probe_accuracies,
    train_and_keep_best,
)

STEPS, RATES, SEEDS = 800, (0.003, 0.006), (0, 1, 2)
SHIPPED = {"autoregressive": "igpt", "masked": "igpt_masked"}
FACTS = {"settings": {**SIZES, "steps": STEPS, "rates": list(RATES), "batch": BATCH, "look_every": LOOK_EVERY, "together": TOGETHER}}


def plan(runs):
    """The choice of rates, then the shipped models and the untrained networks, then the other starts at each objective's better rate."""
    wanted = [{"objective": name, "lr": lr, "seed": 0, "steps": STEPS // 4} for name in OBJECTIVES for lr in RATES]
    full = []
    for name in OBJECTIVES:
        tried = [run for run in runs if run["objective"] == name and run["steps"] == STEPS // 4]
        if len(tried) == len(RATES):
            best = min(tried, key=lambda run: run.get("choice_nats_alone", run["choice_nats"]))["lr"]
            full += [{"objective": name, "lr": best, "seed": seed, "steps": STEPS} for seed in SEEDS]
    untrained = [{"objective": "untrained", "lr": 0.0, "seed": seed, "steps": 0} for seed in SEEDS]
    return wanted + [run for run in full if not run["seed"]] + untrained + [run for run in full if run["seed"]]


def run(objective, lr, seed, steps):
    model = new_model(seed=seed)
    if not steps:
        return {"probe": probe_accuracies(model)}
    if (seed, steps) == (0, STEPS) and objective in SHIPPED:
        shipped = load_log(SHIPPED[objective])
        if (shipped["settings"]["steps"], shipped["settings"]["lr"]) != (steps, lr):
            raise ValueError(f"models/{SHIPPED[objective]} was trained with {shipped['settings']}, expected {steps} steps at {lr}")
        model, looks = load_igpt(SHIPPED[objective]), shipped["looks"]
    else:
        looks = train_and_keep_best(model, objective, steps=steps, lr=lr, seed=seed)
    nats = [round(look["choice_nats"], 4) for look in looks]
    found = {"choice_nats": min(nats), "looks": nats}
    if steps < STEPS:
        alone = objective == "one hidden"
        return found | ({"choice_nats_alone": round(nats_by_place(model, objective, "choice").mean().item(), 4)} if alone else {})
    causal = objective == "autoregressive"
    if not causal:
        found["nats_together"] = nats_by_place(model, objective, together=TOGETHER).mean().item()
    return found | {"nats": nats_by_place(model, objective).mean().item(), "probe": probe_accuracies(model, causal=causal)}
