"""Every measured variant of chapter 6's two models in one list, put together from the chapter's tables."""

from statistics import mean

from book_lib.book.models import load_log, model_folder
from book_lib.experiments.compressed_longer import SEEDS, STUDENTS, change_arms, design_arms, student_arms

METHODS = {
    "original": "original", "pruned 50 %": "pruned", "pruned 75 %": "pruned", "pruned 90 %": "pruned", "2:4": "pruned",
    "heads halved": "pruned", "channels halved": "pruned", "factorised to 1/2": "factorised", "factorised to 1/4": "factorised",
    "4 bits": "quantised", "layers shared": "compact", "keys shared in pairs": "compact", "layers dropped": "compact",
    "layers dropped, channels halved": "combined", "linear attention": "compact", "heads and channels halved": "combined",
    "channels halved, pruned 75 %": "combined", "channels halved, 4 bits": "combined",
}                                                                            # of the changes of VARIANTS and FURTHER in compressed.py
NAMES = {"original": "original, trained on", "4 bits": "4 bits, trained"}    # beside the untrained ones
ROUNDED = {"int8": "int8", "int4": "4 bits after"}                           # what is added to the name of a variant rounded afterwards


def variants(model):
    """What is known of each variant of a model, "translator" or "detr": the original first, then what is only rounded, then the trained.

    Returns dicts: name, method (original, pruned, factorised, distilled, quantised, compact or combined), bytes, multiplications, time (as
    a share of the original's), quality, and low and high. Trained variants, and so "original, trained on", their control, have the mean,
    the worst and the best quality of the orders of batches that are stored, each at its better rate. The time of what is rounded
    afterwards is that of the same variant in float32. What has no full run yet, or no time, is left out.
    """
    costs = {run["change"]: run for run in load_log("compressed_times")["runs"] if run["model"] == model}
    rows = _untrained(model, costs) + _trained(model, costs)
    for arm in student_arms():
        own = full_runs(arm, stored("students"))
        if arm["model"] == model and own:
            method = "distilled" if arm["arm"] == "distilled" else "compact"
            rows.append(_of_orders(f"student, {arm['arm']}", method, costs[STUDENTS[model]], own))
    return rows


def trained(model):
    """The changes of a model that have been trained in full: {change: (its quality before, [its qualities after, an order each])}."""
    runs, found = stored(f"longer_{model}"), {}
    for arm in change_arms(model):
        before, after = _runs_of(arm | {"steps": 0}, runs), full_runs(arm, runs)
        if before and after:
            found[arm["change"]] = (before[0]["quality"], [run["quality"] for run in after])
    return found


def designs():
    """The translators trained from their start: {design: its full runs}."""
    runs = stored("from_the_start")
    return {arm["design"]: own for arm in design_arms() if (own := full_runs(arm, runs))}


def full_runs(arm, runs):
    """The runs of an arm with all of its steps, an order each: where the first order has several rates, those at the best of them."""
    own = _runs_of(arm, runs)
    best = max((run for run in own if run["seed"] == SEEDS[0]), key=lambda run: run["quality"], default=None)
    return [run for run in own if run["lr"] == best["lr"]]


def stored(name):
    """The runs of a table; none where it has not been begun."""
    return load_log(name)["runs"] if (model_folder(name) / "metrics.json").exists() else []


def _runs_of(arm, runs):
    return [run for run in runs if all(run[key] == value for key, value in arm.items())]


def _untrained(model, costs):
    original = costs["original"] | {"time": 1.0}
    runs = {(run["weights"], run["activations"]): run for run in load_log("rounded")["runs"] if run["model"] == model}
    rows = [_row(name, method, original, runs[weights, "float32"]["bytes"], [runs[weights, "float32"]["quality"]])
            for weights, name, method in (("float32", "original", "original"), ("8 bits", "int8", "quantised"),
                                          ("4 bits", "4 bits", "quantised"), ("4 bits, codebook", "4-bit codebook", "quantised"))]
    kernels = original | {"time": costs["torch int8"]["time"]}
    return [*rows, _row("int8 kernels", "quantised", kernels, rows[1]["bytes"], [runs["torch int8", "while it runs"]["quality"]])]


def _trained(model, costs):
    rows, runs = [], stored(f"longer_{model}")
    for arm in change_arms(model):
        change, own = arm["change"], full_runs(arm, runs)
        if not own or change not in costs:
            continue
        name, cost = NAMES.get(change, change), costs[change] | ({"time": 1.0} if change == "original" else {})
        rows.append(_of_orders(name, METHODS[change], cost, own))
        rows += [_of_orders(f"{name}, {words}", "combined", cost, own, kind)
                 for kind, words in ROUNDED.items() if f"{kind}_bytes" in own[0]]
    return rows


def _of_orders(name, method, cost, runs, kind=None):
    before = f"{kind}_" if kind else ""
    return _row(name, method, cost, round(mean(run[f"{before}bytes"] for run in runs)), [run[f"{before}quality"] for run in runs])


def _row(name, method, cost, size, qualities):
    return {"name": name, "method": method, "bytes": size, "multiplications": cost["multiplications"], "time": cost["time"],
            "quality": round(mean(qualities), 4), "low": min(qualities), "high": max(qualities)}
