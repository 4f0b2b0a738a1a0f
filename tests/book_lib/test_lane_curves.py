"""Lane curves: the derivation against points that a camera sees one by one, and the way back to the road."""

import math

import pytest
import torch

from book_lib.lanes.curves import Camera, distance_ahead, horizon, lane_curve, lane_road, lane_x, seen_at

CAMERAS = [Camera(), Camera(1.2, 0.05, 1.1, 0.75), Camera(2.0, -0.04, 0.7, 0.5)]
ROADS = torch.tensor([[0, 0, 0, 1.8], [0, 0, 0.05, -1.8], [0, 0.002, -0.03, 5.0], [2e-5, -0.003, 0.02, -4.0]], dtype=torch.float64)
AHEAD = torch.tensor([4.0, 7.0, 12.0, 25.0, 60.0], dtype=torch.float64)


def on_road(road, z):
    k, m, n, b = road.tolist()
    return k * z**3 + m * z**2 + n * z + b


def test_the_worked_example():
    curve = torch.tensor([0.01, 0.1, 0.05, 0.2, 0.5, 0.1], dtype=torch.float64)
    x = lane_x(curve, torch.tensor([0.4, 0.6, 0.8], dtype=torch.float64))
    assert x.tolist() == pytest.approx([0.577778, 0.54, 0.591837], abs=1e-6)


@pytest.mark.parametrize("camera", CAMERAS)
@pytest.mark.parametrize("road", ROADS)
def test_the_curve_is_where_a_pinhole_camera_sees_the_road(camera, road):
    curve = lane_curve(road, camera)
    for z in AHEAD.tolist():
        sine, cosine = math.sin(camera.pitch), math.cos(camera.pitch)
        right, down, ahead = on_road(road, z), camera.height * cosine - z * sine, z * cosine + camera.height * sine      # for the camera
        x, y = 0.5 + camera.focal * right / ahead, 0.5 + camera.focal * down / ahead / camera.aspect
        assert lane_x(curve, torch.tensor([y], dtype=torch.float64)).item() == pytest.approx(x, abs=1e-9)
        assert [float(part) for part in seen_at(right, z, camera)] == pytest.approx([x, y], abs=1e-12)
        assert distance_ahead(torch.tensor([y], dtype=torch.float64), camera).item() == pytest.approx(z, rel=1e-9)


@pytest.mark.parametrize("camera", CAMERAS)
def test_lines_of_one_road_share_four_numbers_and_the_last_follows_from_two(camera):
    curves = lane_curve(torch.tensor([[1e-5, 0.002, 0.03, b] for b in (-5.4, -1.8, 1.8)], dtype=torch.float64), camera)
    torch.testing.assert_close(curves[:, :4], curves[:1, :4].expand(3, 4), rtol=0, atol=0)
    torch.testing.assert_close(curves[:, 5], curves[:, 4] * curves[:, 1])
    assert curves[0, 1].item() == pytest.approx(horizon(camera), abs=1e-15)
    assert (curves[:, 4].diff() > 0).all()


@pytest.mark.parametrize("camera", CAMERAS)
def test_the_road_can_be_read_from_the_curve_of_a_known_camera(camera):
    torch.testing.assert_close(lane_road(lane_curve(ROADS, camera), camera), ROADS, rtol=1e-9, atol=1e-12)


def test_a_road_without_curvature_is_a_straight_line_through_the_vanishing_point():
    camera = CAMERAS[1]
    curves = lane_curve(torch.tensor([[0, 0, 0.04, b] for b in (-3.0, 0.5, 4.0)], dtype=torch.float64), camera)
    x = lane_x(curves, torch.linspace(0.5, 1, 6, dtype=torch.float64))
    assert x.diff(dim=1).diff(dim=1).abs().max() < 1e-12
    beside = torch.tensor([0, 1e-12, 0, 0, 0, 0], dtype=torch.float64)
    vanishing = lane_x(curves + beside, torch.tensor([horizon(camera)], dtype=torch.float64))
    torch.testing.assert_close(vanishing, vanishing[:1].expand(3, 1), rtol=0, atol=1e-9)


@pytest.mark.parametrize("hill", [0.002, 0.0005, -0.0008])
def test_a_row_shows_the_nearest_point_of_a_hilly_road(hill):
    camera = CAMERAS[0]
    z = torch.linspace(3, 60, 400, dtype=torch.float64)
    _, y = seen_at(torch.zeros_like(z), z, camera, drop=-hill * z**2)
    visible = y.cummin(0).values == y                            # behind a crest the road is hidden
    assert visible[:50].all() and (hill > 0) == bool(visible.all())
    torch.testing.assert_close(distance_ahead(y[visible], camera, hill), z[visible], rtol=1e-6, atol=1e-6)


def test_above_the_horizon_there_is_no_road_and_behind_a_crest_none_either():
    rows = torch.tensor([0.1, 0.4, horizon(CAMERAS[0]) - 1e-6], dtype=torch.float64)
    assert distance_ahead(rows, CAMERAS[0]).isinf().all()
    assert distance_ahead(torch.tensor([0.51], dtype=torch.float64), CAMERAS[0]).isfinite().all()
    assert distance_ahead(torch.tensor([0.51], dtype=torch.float64), CAMERAS[0], -0.002).isinf().all()


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match=r"road has shape \[3\]"):
        lane_curve(torch.zeros(3), Camera())
    with pytest.raises(ValueError, match="curve has type list"):
        lane_x([0, 0, 0, 0, 0, 0], torch.zeros(1))
    with pytest.raises(ValueError, match="dtype torch.int64"):
        lane_road(torch.zeros(6, dtype=torch.int64), Camera())
