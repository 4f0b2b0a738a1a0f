"""The small LSTR: its training, its answers, and what is asked of it in the lab."""

import numpy as np
import pytest
import torch
from test_lanes_data import plain

from book_lib.book.models import load_log, model_folder
from book_lib.data.lanes import labels, make_roads, picture_of
from book_lib.experiments.lane_limits import (
    bow,
    bows,
    derived_lanes,
    fitted_lanes,
    hough_scores,
    query_places,
    road_numbers,
    score_by,
    scores_of,
    straight_lanes,
    worst_px,
)
from book_lib.experiments.small_lanes import HELD_OUT_SEED, SIZES, START, UNITS, find_lanes, load_lstr, new_lstr, score, train_lstr
from book_lib.lanes.curves import lane_curve
from book_lib.lanes.lstr import LaneOutput
from book_lib.lanes.tusimple import lane_targets, tusimple_scores

TINY = {"d_model": 16, "n_heads": 2, "d_ff": 16, "n_encoder_layers": 1}


def test_training_is_the_same_each_time_and_teaches():
    roads, logs = make_roads(16, n_lines=2), []
    for _ in range(2):
        model = new_lstr(seed=1, **TINY)
        logs.append(train_lstr(model, roads, seed=2, epochs=12, batch=8, top_rate=3e-3))
    assert [entry["loss"] for entry in logs[0]] == [entry["loss"] for entry in logs[1]]
    assert logs[0][-1]["loss"] < 0.7 * logs[0][0]["loss"] and {"curves", "lower_0"} <= logs[0][0].keys()
    start = new_lstr(seed=1, **TINY)(torch.zeros(1, 3, 72, 128)).lanes[-1, 0]
    assert (start - torch.tensor(START)).abs().max() < 1 and (start[:, 3] - START[3]).abs().max() < 0.05
    assert new_lstr(seed=1, **TINY).units.tolist() == pytest.approx(UNITS) and new_lstr(seed=0).queries.shape == (7, SIZES["d_model"])


def test_other_costs_of_matching_reach_the_loss():
    roads, losses = make_roads(8, seed=3), []
    for costs in (None, {"curve_cost": 0.0, "class_cost": 0.0}):
        losses.append(train_lstr(new_lstr(seed=1, **TINY), roads, seed=2, epochs=3, batch=8, costs=costs)[-1]["loss"])
    assert losses[0] != losses[1]
    with pytest.raises(ValueError, match="points is 'middle'"):
        train_lstr(new_lstr(seed=1, **TINY), roads, seed=2, epochs=1, batch=8, costs={"points": "middle"})


class Known(torch.nn.Module):
    """Answers every picture with the true lines of the roads given, one for each query, and with no lane for the rest."""

    def __init__(self, pictures):
        super().__init__()
        self.answers, self.place = [], 0
        for picture in pictures:
            curves = lane_curve(torch.from_numpy(picture.roads), picture.road.camera)
            lanes = torch.zeros(7, 8)
            far = lane_targets(picture.lanes)["bounds"][:, :1] - 1e-4
            lanes[: len(curves)] = torch.cat((far, torch.ones_like(far), curves), dim=1)
            logits = torch.tensor([1.0, 0.0]).repeat(7, 1)
            logits[: len(curves)] = torch.tensor([0.0, 1.0])
            self.answers.append((logits, lanes))

    def forward(self, images):
        part = self.answers[self.place : self.place + len(images)]
        self.place += len(images)
        return LaneOutput(*(torch.stack(parts)[None] for parts in zip(*part, strict=True)))


def test_the_true_curves_are_scored_as_right_and_their_places_are_found():
    pictures = make_roads(12, seed=50)
    found = find_lanes(Known(pictures), pictures, batch=5)
    assert [one["raw_file"] for one in found] == [entry["raw_file"] for entry in labels(pictures)]
    scores = tusimple_scores(found, labels(pictures))
    assert scores["FN"] == 0 and scores == pytest.approx(score(Known(pictures), pictures))
    places = query_places(Known(pictures), pictures, row=0.8)
    assert [len(own) for own in places] == [sum(len(picture.lanes) > i for picture in pictures) for i in range(7)]
    at_row = [picture.lanes[0][41] / 1280 for picture in pictures]                       # row 570 of 720 lies at 0.79
    assert all(np.abs(places[0] - x).min() < 0.05 for x in at_row if x > 0)


def test_scores_by_pitch_follow_the_values_asked():
    model = new_lstr(seed=1, **TINY).eval()
    rows = score_by(model, "pitch", (0.0, 0.05), n=4)
    assert [row["pitch"] for row in rows] == [0.0, 0.05] and all({"accuracy", "FP", "FN"} <= row.keys() for row in rows)
    assert rows[1]["accuracy"] == pytest.approx(score(model, make_roads(4, seed=1_000_000, pitch=0.05))["accuracy"])


@pytest.mark.parametrize("hill", [0.0, 0.0008, -0.0008])
def test_a_hill_breaks_the_derivation_and_a_free_curve_still_follows_some_way(hill):
    picture = picture_of(plain(hill=hill))
    derived, fitted = worst_px(picture, derived_lanes(picture)), worst_px(picture, fitted_lanes(picture))
    assert derived < 0.1 if hill == 0 else derived > 20
    assert fitted < 0.5 if hill == 0 else fitted < derived / 2


def test_a_bow_is_the_distance_from_the_chord_and_straight_lines_have_none():
    rows = np.array([0.0, 10.0, 20.0, 40.0])
    assert bow(np.array([30.0, 12.0, 5.0, 0.0]), rows) == pytest.approx(10.5) and bow(np.array([0.0, 5.0, 10.0, 20.0]), rows) == 0
    pictures = make_roads(12, seed=50)
    for picture in pictures:
        for line, straight in zip(picture.lanes, np.array(straight_lanes(picture)), strict=True):
            there = (straight > 0) & (straight < 1279)
            assert ((straight >= 0) == (line >= 0)).all() and abs(np.diff(straight[there], 2)).max(initial=0) < 1e-6
    pairs = bows(Known(pictures), pictures)
    assert len(pairs) == sum(len(picture.lanes) for picture in pictures) and pairs[:, 0] == pytest.approx(pairs[:, 1], abs=0.1)
    found, true = road_numbers(Known(pictures), pictures, batch=5)
    assert found == pytest.approx(true, abs=1e-5)


@pytest.fixture(scope="module")
def held_out():
    return make_roads(100, seed=HELD_OUT_SEED)


def test_straight_lines_miss_what_bends(held_out):
    """Otherwise a network could be right on these roads without ever bending a line."""
    scores = scores_of(held_out, straight_lanes)
    assert scores["accuracy"] < 0.9 and scores["FN"] > 0.25 and scores["FP"] > 0.25


def test_the_shipped_network_is_small_and_finds_the_lines(held_out):
    found, log = score(load_lstr(), held_out), load_log("lanes")
    assert found["accuracy"] > 0.95 and found["FN"] < 0.05 and found["FP"] < 0.05
    assert log["held_out"]["roads"] == 1000 and log["scores_by_layer"][-1]["accuracy"] > 0.95 and log["processor_seconds"] < 20 * 60
    assert (model_folder("lanes") / "weights.safetensors").stat().st_size < 4e6


def test_the_shipped_network_bends_its_lines_as_the_roads_do(held_out):
    true, found = bows(load_lstr(), held_out).T
    assert np.corrcoef(true, found)[0, 1] > 0.95
    bent = abs(true) > 60
    assert bent.sum() > 100 and np.median(abs(found[bent]) / abs(true[bent])) > 0.8
    numbers, roads = road_numbers(load_lstr(), held_out)
    assert abs(numbers[:, 1] - roads[:, 1]).mean() < 0.03 and np.corrcoef(numbers[:, 2], roads[:, 2])[0, 1] > 0.9


def test_the_baseline_is_scored_as_the_network_is():
    scores = hough_scores(make_roads(4, seed=60))
    assert scores.keys() == {"accuracy", "FP", "FN"} and 0 < scores["accuracy"] < 1
