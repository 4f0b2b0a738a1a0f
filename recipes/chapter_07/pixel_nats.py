"""iGPT on real digits by both objectives: held-out nats per pixel and the linear probe after every block, beside the untrained network.

Two objectives, three rates with one seed and a quarter of the steps, then three seeds at each objective's best rate; and three seeds that
are not trained at all. About 2.5 hours of one core; the full runs, which come last, are four fifths of it.
"""

from book_lib.experiments.pixels import OBJECTIVES, SIZES, nats_by_place, new_model, probe_accuracies, train_pixels

STEPS, RATES, SEEDS = 5_000, (0.0003, 0.001, 0.003), (0, 1, 2)
FACTS = {"settings": {**SIZES, "steps": STEPS, "rates": list(RATES)}}


def plan(runs):
    """Untrained networks, then the choice of rates, then the full runs of each objective whose rate is chosen."""
    wanted = [{"objective": "untrained", "lr": 0.0, "seed": seed, "steps": 0} for seed in SEEDS]
    wanted += [{"objective": name, "lr": lr, "seed": 0, "steps": STEPS // 4} for name in OBJECTIVES for lr in RATES]
    for name in OBJECTIVES:
        tried = [run for run in runs if run["objective"] == name and run["steps"] == STEPS // 4]
        if len(tried) == len(RATES):
            best = min(tried, key=lambda run: run["choice_nats"])["lr"]
            wanted += [{"objective": name, "lr": best, "seed": seed, "steps": STEPS} for seed in SEEDS]
    return wanted


def run(objective, lr, seed, steps):
    model, judged = new_model(seed=seed), objective if steps else "autoregressive"
    if steps:
        train_pixels(model, objective, steps=steps, lr=lr, seed=seed)
    return {"choice_nats": nats_by_place(model, judged, "choice").mean().item(), "nats": nats_by_place(model, judged).mean().item(),
            "probe": probe_accuracies(model)}
