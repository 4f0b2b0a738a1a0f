"""What the small LSTR does where its assumptions end: other pitches, hills; and what its queries have divided among themselves."""

import numpy as np
import torch

from book_lib.data.lanes import labels, make_roads, road_batch
from book_lib.experiments.small_lanes import HELD_OUT_SEED, find_lanes, score
from book_lib.lanes.classical import hough_lanes
from book_lib.lanes.curves import lane_curve, lane_x
from book_lib.lanes.tusimple import ABSENT, H_SAMPLES, SIZE, lane_targets, line_accuracy, tusimple_scores

HEIGHT, WIDTH = SIZE
ROWS = torch.tensor(H_SAMPLES, dtype=torch.float64) / HEIGHT


def score_by(model, name, values, *, n=100):
    """TuSimple's metric over n held-out roads for each value of pitch or hill: [{name: value, "accuracy", "FP", "FN"}]."""
    return [{name: value, **score(model, make_roads(n, seed=HELD_OUT_SEED, **{name: value}))} for value in values]


def hough_scores(pictures, **settings):
    """TuSimple's metric of hough_lanes over roads; settings: its keywords."""
    return scores_of(pictures, lambda picture: hough_lanes(picture.image, **settings))


def scores_of(pictures, lines_of):
    """TuSimple's metric of any method over roads: lines_of(picture) gives its lines, lists of x in px in the rows H_SAMPLES."""
    found = [{"raw_file": entry["raw_file"], "lanes": lines_of(picture)} for entry, picture in zip(labels(pictures), pictures, strict=True)]
    return tusimple_scores(found, labels(pictures))


def straight_lanes(picture):
    """The straight lines nearest to the true points of a picture, by least squares: for each line a list of x in px, where it is marked."""
    rows, lines = np.array(H_SAMPLES, dtype=float), []
    for line in picture.lanes:
        there = line >= 0
        x = np.polyval(np.polyfit(rows[there], line[there], 1), rows)
        lines.append(np.where(there, x.clip(0, WIDTH - 1), float(ABSENT)).tolist())
    return lines


def bow(line, rows):
    """How far a line bends away from the straight line between its ends, px: the largest distance along a row, above 0 to the right.

    line, rows: arrays [n] of x and y in px, from far to near, n of at least 2.
    """
    chord = line[0] + (line[-1] - line[0]) * (rows - rows[0]) / (rows[-1] - rows[0])
    off = chord - line
    return float(off[np.abs(off).argmax()])


def bows(model, pictures):
    """The bows of the true lines that an LSTR finds, and of what it reports for them, in the rows where both are: [n, 2], px."""
    pairs, rows = [], np.array(H_SAMPLES, dtype=float)
    for picture, entry in zip(pictures, find_lanes(model, pictures), strict=True):
        for line in picture.lanes:
            share, found = max(((line_accuracy(one, line, H_SAMPLES), one) for one in entry["lanes"]), default=(0, None))
            both = (line >= 0) & (np.array(found) >= 0) if share >= 0.85 else np.zeros(len(rows), dtype=bool)
            if both.sum() > 2:
                pairs.append([bow(np.asarray(one, dtype=float)[both], rows[both]) for one in (line, found)])
    return np.array(pairs).reshape(-1, 2)


@torch.no_grad()
def road_numbers(model, pictures, *, batch=50):
    """k'', f'', m'' and n' of roads, as an LSTR that shares them reports them and as the geometry has them: two arrays [n, 4]."""
    found = [model(road_batch(pictures[i : i + batch])[0]).lanes[-1, :, 0, 2:6] for i in range(0, len(pictures), batch)]
    true = [lane_curve(torch.from_numpy(picture.roads[0]).double(), picture.road.camera)[:4] for picture in pictures]
    return torch.cat(found).double().numpy(), torch.stack(true).numpy()


@torch.no_grad()
def query_places(model, pictures, *, row=0.8, batch=50):
    """Where on a row each query puts its lines: [n_queries] arrays of x in shares of the width, which may lie outside the picture."""
    places = []
    for start in range(0, len(pictures), batch):
        output = model(road_batch(pictures[start : start + batch])[0])
        found = output.logits[-1].argmax(-1) == 1                                        # [b, n_queries]
        x = lane_x(output.lanes[-1][..., 2:], torch.tensor([row]))[..., 0]
        places.append(torch.where(found, x, torch.nan))
    places = torch.cat(places)
    return [own[own.isfinite()].numpy() for own in places.T]


def derived_lanes(picture):
    """The lines of a picture where the derivation puts them, as if its road were flat: [n, 56] in px, whatever its hill."""
    curves = lane_curve(torch.from_numpy(picture.roads).double(), picture.road.camera)
    return lane_x(curves, ROWS) * WIDTH


def fitted_lanes(picture, *, horizons=None):
    """The best curves of LSTR's form for the true points of a picture, by least squares: [n, 56] in px.

    The lines share k'' and m'' for each of the horizons f'' tried; each has its own b'' and b''', which stands for n' as well. The best f''
    is kept.
    """
    target = lane_targets(picture.lanes)
    valid, x = target["valid"], target["x"].double()
    top = target["y"][valid.any(0)].min().item()
    horizons = np.linspace(top - 0.3, top - 0.005, 120) if horizons is None else horizons
    best = None
    for far in horizons:
        s = ROWS - far
        road = torch.stack((1 / s**2, 1 / s), dim=-1)
        each = torch.stack((ROWS, torch.ones_like(ROWS)), dim=-1)
        design = torch.stack([torch.cat((road, *(each * (i == j) for j in range(len(x)))), dim=-1) for i in range(len(x))])
        solution = torch.linalg.lstsq(design[valid], x[valid][:, None], driver="gelsd").solution
        error = (design @ solution)[..., 0] - x
        squares = error[valid].square().sum()
        if best is None or squares < best[0]:
            best = squares, (error + x) * WIDTH
    return best[1]


def worst_px(picture, lanes):
    """The largest distance, px of 1280, of lines [n, 56] from the true points of a picture."""
    there = torch.from_numpy(picture.lanes >= 0)
    return (lanes - torch.from_numpy(picture.lanes)).abs()[there].max().item()
