"""experiments/far_points.py: distances at the start are those of the star, what is switched off is off, and all is as before afterwards."""

import pytest
import torch

from book_lib.data.scenes import make_scenes, scene_batch
from book_lib.detection.deformable_attention import deformable_attention
from book_lib.experiments.far_points import (
    FINEST,
    farther_than,
    fetches_nothing,
    look_of,
    looked_at,
    only_within,
    query_of,
    weighted_quantile,
)
from book_lib.experiments.small_deformable import new_deformable

SCENES = make_scenes(2, seed=7, sides=(64,))


@pytest.fixture(scope="module")
def model():
    return new_deformable(seed=0).eval()


def test_at_the_start_every_layer_looks_at_the_star(model):
    looked = looked_at(model, SCENES, min_score=0.0)
    assert list(looked) == ["encoder 1", "encoder 2", "decoder 1", "decoder 2", "decoder 3"]
    for offsets, weights in looked.values():
        steps = offsets.norm(dim=-1)
        for level, stride in enumerate((4, 8, 16)):
            for point in range(4):
                assert torch.allclose(steps[:, level, point], torch.tensor(stride * (point + 1.0)), atol=1e-3)
        assert torch.allclose(weights.sum((1, 2)), torch.ones(len(weights)))
        assert farther_than(16.5, offsets, weights) == pytest.approx(5 / 12) and farther_than(65, offsets, weights) == 0
        assert weighted_quantile(0.5, offsets, weights) == pytest.approx(16, abs=0.01)
    assert len(looked["encoder 1"][0]) == 2 * 4 * (16 * 16 + 8 * 8 + 4 * 4) and FINEST == 4


def test_far_places_lose_their_weight_and_come_back(model):
    images, mask, _ = scene_batch(SCENES)
    with torch.no_grad():
        before = model(images, mask).boxes
        taken = []
        with only_within(16.5, model, parts=("decoder",), taken=taken):
            _, sampling = model.sampling(images, mask)
            changed = model(images, mask).boxes
        with only_within(16.5, model, parts=("decoder",), whose="random"):
            _, at_random = model.sampling(images, mask)
        with only_within(1000, model):
            all_near = model(images, mask).boxes
        assert torch.equal(model(images, mask).boxes, before)
    assert all(torch.allclose(weights, torch.full_like(weights, 1 / 12)) for _, weights in sampling.encoder)
    assert taken == pytest.approx([5 / 12] * 6)                              # three layers, two calls
    for (_, weights), (_, other) in zip(sampling.decoder, at_random.decoder, strict=True):
        assert (weights[:, :, :, 2, 1:] == 0).all() and torch.allclose(weights.sum((3, 4)), torch.ones(2, 20, 4))
        assert ((weights == 0).sum((3, 4)) == (other == 0).sum((3, 4))).all() and not torch.equal(weights, other)
    assert torch.allclose(all_near, before, atol=1e-5) and changed.shape == before.shape
    with pytest.raises(ValueError, match="parts is"), only_within(1, model, parts=("backbone",)):
        pass
    with pytest.raises(ValueError, match="whose is 'near', expected 'far', 'outside' or 'random'"), only_within(1, model, whose="near"):
        pass


def test_places_outside_of_their_map_fetch_nothing_and_can_be_left_out(model):
    images, mask, _ = scene_batch(SCENES)
    with torch.no_grad():
        before = model(images, mask).boxes
        places, weights = model.sampling(images, mask)[1].encoder[0]
        shapes = model.maps(images, mask).shapes
        off = fetches_nothing(places, shapes)
        value = torch.ones(len(images), sum(h * w for h, w in shapes), 4, 1)
        fetched = deformable_attention(value, shapes, places, weights * off).abs().max()
        assert 0 < off.float().mean() < 0.5 and fetched == 0
        with only_within(0, model, whose="outside", rescale=False):
            torch.testing.assert_close(model(images, mask).boxes, before)
        with only_within(0, model, whose="outside"):
            louder = model.sampling(images, mask)[1].encoder[0][1]
    assert (louder[off] == 0).all() and (louder[~off] >= weights[~off]).all()
    torch.testing.assert_close(louder.sum((3, 4)), (~off).any(-1).any(-1).float())           # 0: all points of the head lie outside


def test_a_look_is_plain_numbers(model):
    query = query_of(model, SCENES[0], 0)
    look = look_of(model, SCENES[0], query)
    assert 0 <= query < 20 and len(look["points"]) == 4 * 3 * 4
    assert sum(point[2] for point in look["points"]) == pytest.approx(1, abs=0.01)
    assert {point[3] for point in look["points"]} == {0, 1, 2} and len(look["box"]) == 4 and 0 <= look["score"] <= 1
