"""TuSimple's files and metric, against a second computation row by row."""

import json
import math

import pytest
import torch

from book_lib.lanes.curves import Camera, lane_curve
from book_lib.lanes.tusimple import (
    H_SAMPLES,
    lane_points,
    lane_targets,
    line_accuracy,
    read_tusimple,
    tusimple_score,
    tusimple_scores,
    write_tusimple,
)

ROWS = (400, 500, 600, 700)
STRAIGHT, SLANTED = [600, 600, 600, 600], [-2, 300, 200, 100]


def test_the_published_rows():
    assert len(H_SAMPLES) == 56 and H_SAMPLES[0] == 160 and H_SAMPLES[-1] == 710


@pytest.mark.parametrize("shift, right", [(0, 4), (19.9, 4), (20, 0), (-20.1, 0)])
def test_twenty_px_are_too_far_from_an_upright_line(shift, right):
    assert line_accuracy([x + shift for x in STRAIGHT], STRAIGHT, ROWS) == right / 4


def test_a_slanted_line_is_given_more_room_and_a_row_without_it_counts():
    room = 20 * math.sqrt(2)                                     # 100 px to the left for each 100 px down: 45 degrees
    assert line_accuracy([-2, *(x + room - 0.1 for x in SLANTED[1:])], SLANTED, ROWS) == 1
    assert line_accuracy([-2, *(x + room + 0.1 for x in SLANTED[1:])], SLANTED, ROWS) == 1 / 4
    assert line_accuracy([400, *SLANTED[1:]], SLANTED, ROWS) == 3 / 4
    assert line_accuracy([-2, -2, 200, 100], SLANTED, ROWS) == 3 / 4


@pytest.mark.parametrize("predicted, lanes, expected", [
    ([STRAIGHT], [STRAIGHT], (1, 0, 0)),
    ([STRAIGHT], [STRAIGHT, SLANTED], (1 / 2, 0, 1 / 2)),
    ([STRAIGHT, SLANTED, [900] * 4], [STRAIGHT, SLANTED], (1, 1 / 3, 0)),
    ([STRAIGHT, STRAIGHT], [STRAIGHT, SLANTED], (1 / 2, 1 / 2, 1 / 2)),
    ([], [STRAIGHT], (0, 0, 1)),
    ([], [], (0, 0, 0)),
    ([STRAIGHT] * 4, [STRAIGHT], (0, 0, 1)),                     # more than two too many
    ([[600, 600, 600, -2]], [STRAIGHT], (3 / 4, 1, 1)),          # a share below 0.85
    ([[x] * 4 for x in (100, 300, 500, 700)], [[x] * 4 for x in (100, 300, 500, 700, 900)], (1, 0, 0)),      # the worst of five is left out
    ([[x] * 4 for x in (100, 300, 500)], [[x] * 4 for x in (100, 300, 500, 700, 900)], (3 / 4, 0, 1 / 4)),
    ([[605] * 4], [[600] * 4, [610] * 4], (1, -1, 0)),           # one prediction finds two lines: the benchmark's FP falls below 0
])
def test_the_metric_of_one_picture(predicted, lanes, expected):
    assert tusimple_score(predicted, lanes, ROWS) == pytest.approx(expected)


def test_a_slow_answer_counts_as_none_and_a_short_line_is_refused():
    assert tusimple_score([STRAIGHT], [STRAIGHT], ROWS, run_time=200) == (1, 0, 0)
    assert tusimple_score([STRAIGHT], [STRAIGHT], ROWS, run_time=201) == (0, 0, 1)
    with pytest.raises(ValueError, match=r"predicted has lines of \[3\] points"):
        tusimple_score([STRAIGHT[:3]], [STRAIGHT], ROWS)


def test_files_are_written_read_and_scored(tmp_path):
    labels = [{"raw_file": f"clips/{i}/20.jpg", "lanes": [STRAIGHT, SLANTED], "h_samples": list(ROWS)} for i in range(2)]
    found = [{"raw_file": "clips/1/20.jpg", "lanes": [STRAIGHT], "run_time": 12.5},
             {"raw_file": "clips/0/20.jpg", "lanes": [STRAIGHT, SLANTED], "run_time": 12.5}]
    for name, entries in (("labels", labels), ("found", found)):
        write_tusimple(tmp_path / f"{name}.json", entries)
        assert read_tusimple(tmp_path / f"{name}.json") == entries
        assert [json.loads(line) for line in (tmp_path / f"{name}.json").read_text().splitlines()] == entries
    assert tusimple_scores(found, labels) == pytest.approx({"accuracy": 0.75, "FP": 0, "FN": 0.25})
    with pytest.raises(ValueError, match="1 of 2 pictures have no prediction, the first being 'clips/0/20.jpg'"):
        tusimple_scores(found[:1], labels)
    (tmp_path / "bad.json").write_text('{"raw_file": "a", "lanes": []}\n\n{"raw_file": "b", "lanes": [}\n')
    with pytest.raises(ValueError, match="line 3 of bad.json is no JSON"):
        read_tusimple(tmp_path / "bad.json")
    (tmp_path / "bad.json").write_text('["raw_file"]\n')
    with pytest.raises(ValueError, match="line 1 of bad.json holds no object"):
        read_tusimple(tmp_path / "bad.json")


def test_points_of_a_found_line_and_back_to_a_target():
    curves = lane_curve(torch.tensor([[0, 0.001, 0, -1.8], [0, 0.001, 0, 1.8], [0, 0.001, 0, 40.0]]), Camera(pitch=0.03))
    lanes = torch.cat((torch.tensor([[0.5, 0.9], [0.55, 0.95], [0.5, 0.9]]), curves), dim=1)
    found = lane_points(torch.tensor([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]]), lanes)
    assert len(found) == 2 and all(len(line) == 56 for line in found)
    places = [[i for i, x in enumerate(line) if x >= 0] for line in found]
    assert [H_SAMPLES[place] for place in (places[0][0], places[1][0])] == [360, 400] and H_SAMPLES[places[0][-1]] == 640
    assert all(x == -2 or 0 <= x <= 1280 for line in found for x in line)
    target = lane_targets([*found, [-2] * 56])
    assert target["x"].shape == target["valid"].shape == (2, 56) and target["y"].shape == (56,)
    assert target["bounds"].flatten().tolist() == pytest.approx([0.5, 640 / 720, 0.5, H_SAMPLES[places[1][-1]] / 720], abs=1e-6)
    assert (target["x"][target["valid"]] * 1280).tolist() == pytest.approx([x for line in found for x in line if x >= 0], abs=1e-3)
    assert lane_targets([])["bounds"].shape == (0, 2)
