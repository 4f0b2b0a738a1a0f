"""Every measured variant of chapter 6's two models in one list, put together from the chapter's tables."""

from statistics import mean

from book_lib.book.models import load_log, model_folder
from book_lib.experiments.compressed_longer import SEEDS, STUDENTS, change_arms, student_arms

METHODS = {
    "original": "original", "pruned 50 %": "pruned", "pruned 75 %": "pruned", "pruned 90 %": "pruned", "2:4": "pruned",
    "heads halved": "pruned", "channels halved": "pruned", "rank to 1/2": "factorised", "rank to 1/4": "factorised",
    "4 bits": "quantised", "layers shared": "compact", "keys shared in pairs": "compact", "layers dropped": "compact",
    "layers dropped, channels halved": "combined", "linear attention": "compact", "heads and channels halved": "combined",
    "channels halved, pruned 75 %": "combined", "channels halved, 4 bits": "combined",
}                                                                            # of the changes of VARIANTS and FURTHER in compressed.py


def variants(model):
    """What is known of each variant of a model, "translator" or "detr", the original first.

    Returns dicts: name, method (original, pruned, factorised, distilled, quantised, compact or combined), bytes, multiplications, time (as
    a share of the original's), quality, and low and high, the worst and best of several orders of the batches. Changed models are
    fine-tuned, except those that are only rounded, and so is "original, fine-tuned", their control. The time of what is rounded after a
    change is that of the change in float32. Variants whose training is not in the tables yet are left out.
    """
    costs = {run["change"]: run for run in load_log("compressed_times")["runs"] if run["model"] == model}
    return _rounded(model, costs) + _changed(model, costs) + _students(model, costs)


def longer_variants(model):
    """As variants, from the tables of long trainings: every variant at its better rate, then rounded, and the students.

    The original is untrained here too, and its control trained as long as all others. quality is the mean over the orders of batches that
    are stored. Variants without a full run, or whose time is not in the table of times, are left out.
    """
    costs = {run["change"]: run for run in load_log("compressed_times")["runs"] if run["model"] == model}
    rows = _longer(model, stored(f"longer_{model}"), costs)
    for arm in student_arms():
        own = _full_runs(arm, stored("students"))
        if arm["model"] == model and own:
            method = "distilled" if arm["arm"] == "distilled" else "compact"
            rows.append(_of_orders(f"student, {arm['arm']}", method, costs[STUDENTS[model]], own, "bytes", "quality"))
    return rows


def _longer(model, runs, costs):
    rows = [_of_orders("original", "original", costs["original"] | {"time": 1.0}, [run], "bytes", "quality")
            for run in _runs_of({"change": "original", "steps": 0}, runs)]
    for arm in change_arms(model):
        change, own = arm["change"], _full_runs(arm, runs)
        if not own or change not in costs:
            continue
        method = METHODS[change]
        name, cost = ("original, fine-tuned", costs[change] | {"time": 1.0}) if change == "original" else (change, costs[change])
        rows.append(_of_orders(name, method, cost, own, "bytes", "quality"))
        rows += [_of_orders(f"{name}, {words}", "combined", cost, own, f"{kind}_bytes", f"{kind}_quality")
                 for kind, words in (("int8", "int8"), ("int4", "rounded to 4 bits")) if f"{kind}_bytes" in own[0]]
    return rows


def _full_runs(arm, runs):
    """The runs of an arm with all of its steps, an order each: where the first order has several rates, those at the best of them."""
    own = _runs_of(arm, runs)
    best = max((run for run in own if run["seed"] == SEEDS[0]), key=lambda run: run["quality"], default=None)
    return [run for run in own if run["lr"] == best["lr"]]


def _runs_of(arm, runs):
    return [run for run in runs if all(run[key] == value for key, value in arm.items())]


def _of_orders(name, method, cost, runs, size, quality):
    spread = [run[quality] for run in runs]
    return _row(name, method, cost, round(mean(run[size] for run in runs)), round(mean(spread), 4), (min(spread), max(spread)))


def _row(name, method, cost, size, quality, spread=None):
    low, high = spread or (quality, quality)
    return {"name": name, "method": method, "bytes": size, "multiplications": cost["multiplications"], "time": cost["time"],
            "quality": quality, "low": low, "high": high}


def _changed(model, costs):
    rows = []
    for run in stored(f"compressed_{model}"):
        change = run["change"]
        name, cost = ("original, fine-tuned", costs[change] | {"time": 1.0}) if change == "original" else (change, costs[change])
        rows.append(_row(name, METHODS[change], cost, run["bytes"], run["after"]))
        if "int8_bytes" in run:
            rows.append(_row(f"{name}, int8", "combined", cost, run["int8_bytes"], run["int8_after"]))
    return rows


def _rounded(model, costs):
    original = costs["original"] | {"time": 1.0}
    runs = {(run["weights"], run["activations"]): run for run in load_log("rounded")["runs"] if run["model"] == model}
    rows = [_row(name, method, original, runs[weights, "float32"]["bytes"], runs[weights, "float32"]["quality"])
            for weights, name, method in (("float32", "original", "original"), ("8 bits", "int8", "quantised"),
                                          ("4 bits", "4 bits", "quantised"), ("4 bits, codebook", "4-bit codebook", "quantised"))]
    kernels = original | {"time": costs["torch int8"]["time"]}
    return [*rows, _row("int8 kernels", "quantised", kernels, rows[1]["bytes"], runs["torch int8", "while it runs"]["quality"])]


def _students(model, costs):
    rows = []
    for arm, method in (("distilled", "distilled"), ("alone", "compact"), ("alone, twice as long", "compact")):
        runs = [run for run in stored("distilled") if model == "translator" and run["arm"] == arm]
        if runs:
            spread = [run["quality"] for run in runs]
            rows.append(_row(f"student, {arm}", method, costs["layers dropped"], runs[0]["bytes"], round(mean(spread), 4),
                             (min(spread), max(spread))))
    return rows


def stored(name):
    """The runs of a table; none where it has not been begun."""
    return load_log(name)["runs"] if (model_folder(name) / "metrics.json").exists() else []
