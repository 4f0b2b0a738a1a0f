"""Every measured variant of chapter 6's two models in one list, put together from the chapter's tables."""

from statistics import mean

from book_lib.book.models import load_log
from book_lib.experiments.compressed import STUDENTS, TRIED

METHODS = {
    "original": "original", "pruned 50 %": "pruned", "pruned 75 %": "pruned", "pruned 90 %": "pruned", "2:4": "pruned",
    "heads halved": "pruned", "channels halved": "pruned", "rank to 1/2": "factorised", "rank to 1/4": "factorised",
    "4 bits": "quantised", "layers shared": "compact", "keys shared in pairs": "compact", "layers dropped": "compact",
    "layers dropped, channels halved": "combined",
}                                                                            # of the changes of book_lib.experiments.compressed.VARIANTS


def variants(model):
    """What is known of each variant of a model, "translator" or "detr", the original first.

    Returns dicts: name, method (original, pruned, factorised, distilled, quantised, compact or combined), bytes, multiplications, time (as
    a share of the original's), quality, and low and high, the worst and best of several starts. Changed models are fine-tuned, except those
    that are only rounded. Variants without a stored time are left out.
    """
    times = {run["change"]: run["time"] for run in load_log("compressed_times")["runs"] if run["model"] == model}
    rows = chosen(load_log(f"compressed_{model}")["runs"])
    original = rows["original"]
    found = [_row("original", "original", original, original["before"], 1.0)]
    for change, row in rows.items():
        if change not in times:
            continue
        if change != "original":
            found.append(_row(change, METHODS[change], row, row["after"], times[change]))
            if "int8_bytes" in row:
                found.append(_row(f"{change}, int8", "combined", row | {"bytes": row["int8_bytes"]}, row["int8_after"], times[change]))
    return found + _rounded(model, original, times) + _students(model, times)


def chosen(runs):
    """The rows of a table of compressed models at the learning rate that was chosen, {change: row}."""
    tried = [run for run in runs if run["change"] == TRIED]
    rate = max(tried, key=lambda run: run["after"])["lr"]
    return {run["change"]: run for run in runs if run["lr"] == rate}


def _row(name, method, costs, quality, time, spread=None):
    low, high = spread or (quality, quality)
    return {"name": name, "method": method, "bytes": costs["bytes"], "multiplications": costs["multiplications"], "time": time,
            "quality": quality, "low": low, "high": high}


def _rounded(model, original, times):
    names = {"8 bits": "int8", "8 bits, one scale": "int8, one scale", "4 bits, codebook": "4-bit codebook"}
    runs = [run for run in load_log("rounded")["runs"] if run["model"] == model]
    rows = [_row(names[run["weights"]], "quantised", original | {"bytes": run["bytes"]}, run["quality"], 1.0)
            for run in runs if run["weights"] in names and run["activations"] == "float32"]
    on_kernels = [run["quality"] for run in runs if run["weights"] == "torch int8"]
    if on_kernels and "torch int8" in times:
        bytes_ = next(row["bytes"] for row in rows if row["name"] == "int8")
        rows.append(_row("int8 kernels", "quantised", original | {"bytes": bytes_}, on_kernels[0], times["torch int8"]))
    return rows


def _students(model, times):
    rows, steps = [], STUDENTS[model]["steps"]
    for distilled, name, method in ((True, "student, distilled", "distilled"), (False, "student, alone", "compact")):
        runs = [run for run in load_log("distilled")["runs"]
                if run["model"] == model and run["distilled"] == distilled and run["steps"] == steps]
        if runs and "student" in times:
            qualities = [run["quality"] for run in runs]
            rows.append(_row(name, method, runs[0], round(mean(qualities), 4), times["student"], (min(qualities), max(qualities))))
    return rows
