"""Deformable attention: worked places, the loops of the paper, grid_sample, gradients, and what stays outside."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.sampling_ways import WAYS, by_grid_sample
from book_lib.detection.deformable import pixel_centres
from book_lib.detection.deformable_attention import (
    DeformableAttention,
    bilinear_sample,
    deformable_attention,
    deformable_attention_by_loops,
    star,
)

FOUR = torch.tensor([[1.0, 2.0], [3.0, 4.0]])


def random_call(shapes, *, b=2, n_queries=3, n_heads=2, d_head=3, n_points=4, seed=0, reach=0.4):
    """Random arguments of deformable_attention in double precision; places may leave the maps by reach."""
    generator = torch.Generator().manual_seed(seed)
    size = b, n_queries, n_heads, len(shapes), n_points
    value = torch.randn(b, sum(h * w for h, w in shapes), n_heads, d_head, generator=generator, dtype=torch.float64)
    places = torch.rand(*size, 2, generator=generator, dtype=torch.float64) * (1 + 2 * reach) - reach
    weights = torch.rand(size, generator=generator, dtype=torch.float64)
    return value, shapes, places, weights / weights.sum((-1, -2), keepdim=True)


@pytest.mark.parametrize(("place", "wanted"), [((0.25, 0.25), 1), ((0.5, 0.5), 2.5), ((0, 0), 0.25), ((1, 1), 1), ((0.375, 0.25), 1.25)])
def test_worked_places_on_a_map_of_four_pixels(place, wanted):
    assert bilinear_sample(FOUR[..., None], *place).item() == pytest.approx(wanted)
    places = torch.tensor(place, dtype=torch.float32).view(1, 1, 1, 1, 1, 2)
    assert deformable_attention(FOUR.view(1, 4, 1, 1), [(2, 2)], places, torch.ones(1, 1, 1, 1, 1)).item() == pytest.approx(wanted)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=3), st.integers(0, 1000), st.integers(1, 3))
def test_the_loops_and_grid_sample_agree(shapes, seed, n_points):
    call = random_call(shapes, seed=seed, n_points=n_points)
    found = deformable_attention(*call)
    torch.testing.assert_close(found, deformable_attention_by_loops(*call), rtol=0, atol=1e-12)
    torch.testing.assert_close(found, by_grid_sample(*call), rtol=0, atol=1e-12)


@pytest.mark.filterwarnings("ignore:Converting a tensor with requires_grad=True to a scalar")     # the loops take the floor of a number
@pytest.mark.parametrize("way", [deformable_attention, *WAYS.values()], ids=["the library's own", *WAYS])
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 1000))
def test_the_ways_that_are_timed_are_the_loops_in_values_and_gradients(way, seed):
    value, shapes, places, weights = random_call([(4, 3), (1, 1), (2, 5)], n_points=2, seed=seed, reach=0.6)
    places[:, 0] = places[:, 0].round()                                                           # on corners of the maps
    upward = torch.randn(2, 3, 6, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    found = []
    for each in (way, deformable_attention_by_loops):
        inputs = [tensor.clone().requires_grad_() for tensor in (value, places, weights)]
        answer = each(inputs[0], shapes, *inputs[1:])
        found.append([answer, *torch.autograd.grad(answer, inputs, upward)])
    for theirs, wanted in zip(*found, strict=True):
        torch.testing.assert_close(theirs, wanted, rtol=0, atol=1e-12)


def test_gradients_reach_values_places_and_weights():
    value, shapes, places, weights = random_call([(3, 4), (2, 2)], n_points=2)
    inputs = [tensor.requires_grad_() for tensor in (value, places, weights)]
    assert torch.autograd.gradcheck(lambda v, p, w: deformable_attention(v, shapes, p, w), inputs)


@pytest.mark.parametrize("wanted", [(0,), (1,), (2,), (0, 2), (0, 1, 2)], ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradients_are_those_of_grid_sample(wanted, dtype):
    """Whichever of values, places and weights ask for one; many places lie on a frame, in it or far outside."""
    value, shapes, places, weights = random_call([(5, 3), (1, 1), (2, 6)], n_queries=9, reach=0.6)
    places[:, :2] = places[:, :2].round()                                                         # on corners and edges of the maps
    upward = torch.randn(2, 9, 6, generator=torch.Generator().manual_seed(1), dtype=dtype)
    gradients = []
    for way in (deformable_attention, by_grid_sample):
        inputs = [tensor.to(dtype, copy=True).requires_grad_(i in wanted) for i, tensor in enumerate((value, places, weights))]
        way(inputs[0], shapes, *inputs[1:]).backward(upward)
        gradients.append([tensor.grad for tensor in inputs])
    for ours, theirs in zip(*gradients, strict=True):
        assert (ours is None) == (theirs is None)
        if ours is not None:
            torch.testing.assert_close(ours, theirs, rtol=0, atol=2e-5 if dtype == torch.float32 else 1e-12)


def test_what_asks_for_no_gradient_computes_the_same():
    call = random_call([(3, 4), (2, 2)])
    with torch.no_grad():
        quiet = deformable_attention(*call)
    assert torch.equal(deformable_attention(call[0], call[1], call[2].requires_grad_(), call[3]), quiet)


def test_half_precision_has_gradients_too():
    value, shapes, places, weights = random_call([(3, 4), (2, 2)])
    gradients = []
    for dtype in (torch.bfloat16, torch.float64):
        inputs = [tensor.to(torch.bfloat16).to(dtype).requires_grad_() for tensor in (value, places, weights)]
        deformable_attention(inputs[0], shapes, *inputs[1:]).sum().backward()
        gradients.append([tensor.grad for tensor in inputs])
    for half, exact in zip(*gradients, strict=True):
        assert half.dtype == torch.bfloat16
        torch.testing.assert_close(half.double(), exact, rtol=0.1, atol=0.05 * exact.abs().max().item())


def test_no_warning_comes_with_the_gradients(recwarn):
    value, shapes, places, weights = random_call([(3, 4)])
    deformable_attention(value.requires_grad_(), shapes, places.requires_grad_(), weights).sum().backward()
    assert not recwarn.list


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_far_outside_there_is_nothing(dtype):
    value, shapes, places, weights = random_call([(3, 4), (1, 1)])
    far = deformable_attention(value.to(dtype), shapes, places.to(dtype) + 1e4, weights.to(dtype))
    assert far.dtype == dtype and (far == 0).all()


def test_a_map_that_is_the_same_everywhere_comes_back():
    _, shapes, places, weights = random_call([(4, 6), (2, 3)], reach=-0.3)                        # places well inside of both maps
    value = torch.full((2, 30, 2, 3), 7.0, dtype=torch.float64)
    torch.testing.assert_close(deformable_attention(value, shapes, places, weights), torch.full((2, 3, 6), 7.0, dtype=torch.float64))


def test_the_first_offsets_are_a_star():
    offsets = star(8, 2, 4)
    assert offsets.shape == (8, 2, 4, 2)
    eight = [[1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0], [-1, -1], [0, -1], [1, -1]]
    torch.testing.assert_close(offsets[:, 0, 0], torch.tensor(eight, dtype=torch.float32), rtol=0, atol=1e-6)
    torch.testing.assert_close(offsets[:, 1, 3], 4 * offsets[:, 0, 0])
    layer = DeformableAttention(32, 8, n_levels=2)
    _, places, weights = layer(torch.randn(1, 5, 32), torch.full((1, 5, 2, 2), 0.5), torch.randn(1, 10, 32), [(2, 4), (1, 2)])
    assert (weights == 1 / 8).all(), "equal at the start"
    torch.testing.assert_close(places[0, 0, :, 0, 0], 0.5 + offsets[:, 0, 0] / torch.tensor([4.0, 2.0]))


def test_offsets_from_a_box_are_shares_of_half_of_it():
    layer = DeformableAttention(32, 8, n_levels=1, n_points=4)
    box = torch.tensor([0.5, 0.4, 0.2, 0.1]).expand(1, 3, 1, 4)
    places, _ = layer.places_and_weights(torch.randn(1, 3, 32), box, [(7, 9)])
    torch.testing.assert_close(places[0, 0, 0, 0], torch.tensor([[0.525, 0.4], [0.55, 0.4], [0.575, 0.4], [0.6, 0.4]]))


def test_padding_is_not_seen():
    torch.manual_seed(0)
    layer = DeformableAttention(32, 4, n_levels=1, n_points=2)
    query, reference = torch.randn(1, 3, 32), torch.rand(1, 3, 1, 2)
    maps, mask = torch.randn(1, 12, 32), torch.arange(12)[None] < 8
    seen = layer(query, reference, maps, [(3, 4)], mask)[0]
    other = torch.where(mask[..., None], maps, 100.0)
    torch.testing.assert_close(layer(query, reference, other, [(3, 4)], mask)[0], seen)
    assert not torch.allclose(layer(query, reference, other, [(3, 4)])[0], seen)


def test_one_point_and_level_with_a_fixed_offset_is_a_shifted_map():
    value = torch.arange(12.0).view(1, 12, 1, 1)
    centres = pixel_centres([(3, 4)], torch.ones(1, 1, 2)).view(1, 12, 1, 1, 1, 2)
    moved = deformable_attention(value, [(3, 4)], centres + torch.tensor([1 / 4, 0.0]), torch.ones(1, 12, 1, 1, 1))
    assert moved.view(3, 4).tolist() == [[1, 2, 3, 0], [5, 6, 7, 0], [9, 10, 11, 0]]


def test_what_does_not_fit_is_named():
    value, shapes, places, weights = random_call([(3, 4), (2, 2)])
    with pytest.raises(ValueError, match=r"value has shape \[2, 16, 2, 3\], expected \[b, 13,"):
        deformable_attention(value, [(3, 4), (1, 1)], places, weights)
    with pytest.raises(ValueError, match=r"places has shape .*expected \[2, n_queries, 2, 2, n_points, 2\]"):
        deformable_attention(value, shapes, places[:, :, :, :1], weights)
    with pytest.raises(ValueError, match="weights has shape"):
        deformable_attention(value, shapes, places, weights[..., :1])
    with pytest.raises(ValueError, match="d_model 30 must be a multiple of n_heads 4"):
        DeformableAttention(30, 4)
    layer = DeformableAttention(32, 4, n_levels=1)
    good = torch.randn(1, 3, 32), torch.rand(1, 3, 1, 2), torch.randn(1, 12, 32), [(3, 4)]
    with pytest.raises(ValueError, match=r"reference has shape \[1, 3, 1, 3\]"):
        layer(good[0], torch.rand(1, 3, 1, 3), *good[2:])
    with pytest.raises(ValueError, match=r"maps has shape \[1, 12, 31\]"):
        layer(*good[:2], torch.randn(1, 12, 31), good[3])
    with pytest.raises(ValueError, match=r"mask has shape \[1, 12\] and dtype torch.float32"):
        layer(*good, torch.ones(1, 12))
