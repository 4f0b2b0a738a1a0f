"""Rendered roads: the same from the same seed, exact points, marks where the curves are."""

import numpy as np
import pytest
import torch

from book_lib.data.lanes import (
    FAR,
    FEWEST_POINTS,
    PITCHES,
    RADII,
    SIZE,
    STRAIGHT,
    Road,
    annotated,
    draw_road,
    flipped,
    labels,
    make_road,
    make_roads,
    picture_of,
    road_batch,
)
from book_lib.lanes.curves import Camera, horizon, lane_curve, lane_x, seen_at
from book_lib.lanes.tusimple import H_SAMPLES, tusimple_scores

COLOURS = {"asphalt": [100, 100, 100], "verge": [60, 90, 40], "sky": [100, 140, 200], "haze": [170, 170, 180]}
ROWS = np.array(H_SAMPLES) / 720


def plain(**changes):
    """A road of three white solid lines, without anything else on it."""
    lines = tuple({"b": b, "width": 0.3, "colour": (250, 250, 250), "dash": None} for b in (-1.8, 1.8, 5.4))
    road = {"camera": Camera(1.5, 0.04), "shape": (1e-5, -0.001, 0.02), "lines": lines, "edges": (-3.0, 6.5), "colours": COLOURS}
    return Road(**road | changes)


def test_the_same_seed_gives_the_same_picture_and_others_differ():
    one, again, other = make_road(5), make_road(5), make_road(6)
    assert np.array_equal(one.image, again.image) and np.array_equal(one.lanes, again.lanes) and one.road == again.road
    assert one.image.shape == (*SIZE, 3) and one.image.dtype == np.uint8 and (one.image != other.image).mean() > 0.5
    assert [picture.seed for picture in make_roads(3, seed=7)] == [7, 8, 9]


def test_what_a_set_of_roads_holds():
    pictures = make_roads(150)
    roads = [picture.road for picture in pictures]
    assert {len(road.lines) for road in roads} == {2, 3, 4, 5}
    assert min(len(picture.lanes) for picture in pictures) >= 2 and max(len(picture.lanes) for picture in pictures) == 5
    assert all(PITCHES[0] <= road.camera.pitch <= PITCHES[1] for road in roads)
    dashes = [line["dash"] is None for road in roads for line in road.lines]
    assert 0.3 < np.mean(dashes) < 0.7 and any(road.shadows for road in roads) and any(road.cars for road in roads)
    bends = [abs(np.diff(picture.lanes[0][picture.lanes[0] >= 0], 2)).max() for picture in pictures]
    assert min(bends) < 3 and max(bends) > 10
    m = np.array([road.shape[1] for road in roads])
    assert abs((m == 0).mean() - STRAIGHT) < 0.1 and (m > 0).any() and (m < 0).any()
    radii = 0.5 / abs(m[m != 0])
    assert RADII[0] <= radii.min() < 50 < 150 < radii.max() <= RADII[1]
    assert all(road.shape[0] == 0 for road in roads if road.shape[1] == 0)
    for picture in pictures:
        assert ((picture.lanes >= 0).sum(1) >= FEWEST_POINTS).all() and ((picture.lanes == -2) | (picture.lanes >= 0)).all()
        assert (picture.lanes < 1280).all() and len(picture.lanes) == len(picture.which) == len(picture.roads)


@pytest.mark.parametrize("seed", range(8))
def test_points_lie_on_the_curve_of_their_line(seed):
    picture = make_road(seed)
    curves = lane_curve(torch.from_numpy(picture.roads).double(), picture.road.camera)
    x = lane_x(curves, torch.from_numpy(ROWS)).numpy() * 1280
    there = picture.lanes >= 0
    assert abs(x - picture.lanes)[there].max() < 0.01
    far = seen_at(0.0, FAR, picture.road.camera)[1]
    assert not there[:, far > ROWS].any() and (there | (x < 0) | (x >= 1280) | (far > ROWS)).all()


@pytest.mark.parametrize("changes", [{}, {"camera": Camera(1.3, 0.07)}, {"shape": (0.0, 0.0, 0.0)}, {"hill": 0.001}, {"hill": -0.0006}])
def test_paint_is_where_the_points_are(changes):
    road = plain(**changes)
    image, (lanes, _) = draw_road(road).mean(-1), annotated(road)
    found = 0
    for line in lanes:
        for x, row in zip(line, H_SAMPLES, strict=True):
            if 60 <= x < 1220 and row >= 450:                    # the point is on the border between rows row / 10 - 1 and row / 10
                near = image[row // 10 - 1 : row // 10 + 1, int(x / 10) - 4 : int(x / 10) + 5].mean(0)
                weights = (near - 105).clip(0)                   # asphalt has a grey of 100
                assert abs((weights * np.arange(-4, 5)).sum() / weights.sum() + int(x / 10) + 0.5 - x / 10) < 0.6
                found += 1
    assert found > 30


def test_a_crest_hides_the_road_and_a_hill_bends_the_lines_away_from_their_curve():
    flat, hilly, crest = (annotated(plain(hill=hill))[0] for hill in (0.0, 0.0015, -0.0015))
    assert (crest >= 0).sum() < (flat >= 0).sum() < (hilly >= 0).sum()
    both = (flat >= 0) & (hilly >= 0)
    assert abs(flat - hilly)[both].max() > 40
    assert draw_road(plain(hill=-0.0015)).shape == (*SIZE, 3)


def test_dashes_gaps_cars_and_shadows_change_only_what_they_should():
    road = plain(shape=(0.0, 0.0, 0.0))
    before = draw_road(road)
    line = road.lines[1] | {"dash": (4.0, 10.0, 3.0)}
    change = abs(draw_road(plain(shape=(0.0, 0.0, 0.0), lines=(road.lines[0], line, road.lines[2]))) - before).max(-1)
    columns = np.flatnonzero(change.max(0) > 1)
    assert columns.min() >= 64 and change[60:, :64].max() == 0 and change.max() > 80
    shaded = draw_road(plain(shape=(0.0, 0.0, 0.0), shadows=({"z_from": 8, "z_to": 12, "slant": 0.0, "dark": 0.5},)))
    _, (low, high) = seen_at(torch.zeros(2), torch.tensor([8.0, 12.0]), road.camera)
    rows = np.flatnonzero((before - shaded).max((1, 2)) > 5)
    assert rows.min() >= int(high * 72) - 2 and rows.max() <= int(low * 72) + 1
    car = draw_road(plain(shape=(0.0, 0.0, 0.0), cars=({"x": 0.0, "z": 15.0, "colour": (200, 30, 30)},)))
    changed = np.argwhere(abs(car - before).max(-1) > 20)
    assert 5 < len(changed) < 300 and abs(changed[:, 1].mean() - 63.5) < 1
    assert np.array_equal(annotated(plain(cars=({"x": 0.0, "z": 15.0, "colour": (0, 0, 0)},)))[0], annotated(plain())[0])


def test_nothing_is_painted_above_the_horizon():
    road = plain()
    image = draw_road(road)
    top = int(horizon(road.camera) * 72) - 1
    assert abs(image[:top] - image[:top, :1]).max() < 1e-3


def test_a_batch_and_its_mirror_image():
    pictures = [make_road(1), make_road(2)]
    images, targets = road_batch(pictures)
    turned, mirrored = road_batch(pictures, flip=[True, False])
    assert images.shape == (2, 3, *SIZE) and images.dtype == torch.float32 and abs(images.mean()) < 1.5
    assert torch.equal(turned[0], images[0].flip(-1)) and torch.equal(turned[1], images[1])
    one, other = targets[0], mirrored[0]
    assert torch.equal(other["valid"], one["valid"].flip(0)) and torch.equal(other["bounds"], one["bounds"].flip(0))
    torch.testing.assert_close(other["x"][other["valid"]], 1 - one["x"].flip(0)[other["valid"]])
    assert np.allclose(flipped(flipped(pictures[0].lanes)), pictures[0].lanes, atol=1e-3)
    assert tusimple_scores(labels(pictures), labels(pictures)) == {"accuracy": 1, "FP": 0, "FN": 0}


def test_a_given_road_becomes_a_picture_with_the_noise_asked_for():
    road, noise = plain(), np.full(SIZE, 10, np.float32)
    quiet, loud = picture_of(road), picture_of(road, noise)
    assert (loud.image.astype(int) - quiet.image).min() >= 0 and quiet.seed is None
    assert abs((loud.image.astype(int) - quiet.image)[quiet.image < 240] - 10).max() <= 1


@pytest.mark.parametrize("seed, n_lines, message", [(-1, None, "seed is -1"), (1, 6, "n_lines is 6"), (1, 2.5, "n_lines is 2.5")])
def test_numbers_out_of_range_are_refused(seed, n_lines, message):
    with pytest.raises(ValueError, match=message):
        make_road(seed, n_lines=n_lines)
