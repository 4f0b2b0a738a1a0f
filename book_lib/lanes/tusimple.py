"""TuSimple's lane benchmark: its files, one JSON object a line, and its metric.

A file holds for each picture of 1280 x 720 px: raw_file, its name; h_samples, rows in px; lanes, for each line its x in px in every one of
these rows, below 0 (-2) where there is none; run_time, in predictions, in ms.
"""

import json
from pathlib import Path

import numpy as np
import torch

from book_lib.lanes.curves import lane_x

SIZE = (720, 1280)                                                           # height and width of TuSimple's pictures, px
H_SAMPLES = tuple(range(160, 711, 10))
ABSENT = -2
SLOWEST = 200.0                                                              # ms; a slower answer counts as none


def read_tusimple(path):
    """The entries of a file of labels or predictions: a list of dicts. Raises ValueError naming the line that is none."""
    entries = []
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"line {number} of {Path(path).name} is no JSON: {error}") from error
        if not isinstance(entry, dict) or "raw_file" not in entry or "lanes" not in entry:
            raise ValueError(f"line {number} of {Path(path).name} holds no object with 'raw_file' and 'lanes'")
        entries.append(entry)
    return entries


def write_tusimple(path, entries):
    """Write entries, dicts with raw_file, lanes and h_samples or run_time, one JSON object a line."""
    Path(path).write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")


def lane_points(logits, lanes, h_samples=H_SAMPLES, *, size=SIZE):
    """The lines that a picture's queries found: logits [n_queries, 2], lanes [n_queries, 8] -> for each a list of x in px.

    A query counts where lane has the larger logit. A row outside (lower, upper), and a point outside the picture, becomes -2.
    """
    height, width = size
    y = torch.as_tensor(h_samples).to(lanes) / height
    kept = lanes[logits.argmax(-1) == 1]
    x = lane_x(kept[:, 2:], y)
    inside = (y >= kept[:, :1]) & (y <= kept[:, 1:2]) & (x >= 0) & (x <= 1)
    return torch.where(inside, x * width, float(ABSENT)).tolist()


def lane_targets(lanes, h_samples=H_SAMPLES, *, size=SIZE):
    """A target of matching and loss from TuSimple's lists of x in px; lines without points are left out.

    All lines get the smallest lower of the picture, as in LSTR's program. Returns a dict of tensors x, valid [n, n_points], y [n_points],
    bounds [n, 2], in shares of the picture.
    """
    height, width = size
    x = torch.from_numpy(np.array(lanes, dtype=np.float32).reshape(-1, len(h_samples)))
    y = torch.tensor(h_samples, dtype=torch.float32) / height
    x = x[(x >= 0).any(1)] / width
    valid = x >= 0
    lower = torch.where(valid, y, 2.0).amin(1).amin(0, keepdim=True).expand(len(x)) if len(x) else x.new_zeros(0)
    upper = torch.where(valid, y, -1.0).amax(1) if len(x) else x.new_zeros(0)
    return {"x": torch.where(valid, x, 0.0), "valid": valid, "y": y, "bounds": torch.stack((lower, upper), dim=-1)}


def tusimple_score(predicted, lanes, h_samples=H_SAMPLES, *, run_time=0.0, near=20.0, share=0.85):
    """TuSimple's metric for one picture: predicted and true lines, lists of x in px in the rows h_samples -> (accuracy, FP, FN).

    A point is right within near / cos(angle) px, the angle being that of a straight line through the true points; a row without the line is
    right where the prediction has none there, too. A true line takes the prediction with most points right, whoever else took it; it is
    found where their share is at least `share`. accuracy: the mean of these shares over the true lines, of at most four: of more, the worst
    is left out. FP: predictions too many for the lines found, as a share of the predictions; FN: lines not found, as a share of the lines,
    of at most four. More than two predictions too many, or a slow answer, gives (0, 0, 1).
    Raises ValueError where a line has another number of points than rows.
    """
    for name, lines in (("predicted", predicted), ("lanes", lanes)):
        if any(len(line) != len(h_samples) for line in lines):
            raise ValueError(f"{name} has lines of {sorted({len(line) for line in lines})} points, expected one for each of the "
                             f"{len(h_samples)} rows")
    if run_time > SLOWEST or len(predicted) > len(lanes) + 2:
        return 0.0, 0.0, 1.0
    shares = [max((line_accuracy(ours, line, h_samples, near=near) for ours in predicted), default=0.0) for line in lanes]
    matched = sum(one >= share for one in shares)
    missed, counted = len(lanes) - matched, max(1, min(4, len(lanes)))
    if len(lanes) > 4:
        shares, missed = sorted(shares)[1:], max(0, missed - 1)
    return sum(shares) / counted, (len(predicted) - matched) / len(predicted) if predicted else 0.0, missed / counted


def line_accuracy(predicted, line, h_samples, *, near=20.0):
    """The share of rows in which a prediction is right about one line: lists of x in px, below 0 where there is none."""
    predicted, line, rows = (np.asarray(numbers, dtype=float) for numbers in (predicted, line, h_samples))
    there = line >= 0
    angle = np.arctan(np.polyfit(rows[there], line[there], 1)[0]) if there.sum() > 1 else 0.0
    predicted, line = (np.where(x >= 0, x, -100) for x in (predicted, line))
    return float((np.abs(predicted - line) < near / np.cos(angle)).mean())


def tusimple_scores(predicted, labels):
    """The metric over many pictures: two lists of entries, as read_tusimple gives them -> {"accuracy", "FP", "FN"}, means over the labels.

    Pictures are paired by raw_file. Raises ValueError for one that has a label but no prediction.
    """
    by_name = {entry["raw_file"]: entry for entry in predicted}
    if missing := [entry["raw_file"] for entry in labels if entry["raw_file"] not in by_name]:
        raise ValueError(f"{len(missing)} of {len(labels)} pictures have no prediction, the first being {missing[0]!r}")
    pairs = [(by_name[entry["raw_file"]], entry) for entry in labels]
    scores = [tusimple_score(ours["lanes"], true["lanes"], true["h_samples"], run_time=ours.get("run_time", 0.0)) for ours, true in pairs]
    return dict(zip(("accuracy", "FP", "FN"), np.mean(scores, axis=0).tolist(), strict=True))
