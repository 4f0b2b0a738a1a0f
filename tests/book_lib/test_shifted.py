"""Chapter 8: moving pictures, hiding patches."""

import pytest
import torch

from book_lib.experiments.named_pictures import new_model
from book_lib.experiments.shifted import (
    answers_without,
    changes_when_rolled,
    map_moves,
    patch_order,
    rolled,
    similarity_by_distance,
    token_map,
    without_positions,
    wrapped,
)

IMAGES = torch.randn(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def moved_weights(kind, **settings):
    """A network whose head does not answer 0 for everything."""
    model = new_model(kind, seed=0, **settings).eval()
    torch.manual_seed(1)
    for parameter in model.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    return model


def test_rolled_by_hand():
    image = torch.arange(4.0).view(1, 1, 2, 2)
    assert rolled(image, 1).flatten().tolist() == [3, 2, 1, 0] and torch.equal(rolled(image, 2), image)


def test_a_cnn_that_wraps_moves_by_its_cells():
    cnn = moved_weights("cnn")
    round_the_edge = wrapped(cnn)
    assert map_moves(round_the_edge.features, IMAGES, 8, 8) < 1e-5 < map_moves(cnn.features, IMAGES, 8, 8)
    whole, part = changes_when_rolled(round_the_edge, IMAGES, [8, 3])
    assert whole < 1e-4 < part and all(other.padding_mode == "zeros" for other in cnn.modules() if isinstance(other, torch.nn.Conv2d))


def test_a_vit_moves_by_whole_patches_without_positions_alone():
    vit = moved_weights("vit", d_model=16, n_heads=2, d_ff=16, n_layers=2)
    bare = without_positions(vit)
    assert vit.positions is not None and bare.positions is None
    assert map_moves(lambda images: token_map(bare, images), IMAGES, 4, 4) < 1e-5 < map_moves(lambda x: token_map(vit, x), IMAGES, 4, 4)
    whole, part = changes_when_rolled(bare, IMAGES, [4, 2])
    assert whole < 1e-4 < part and changes_when_rolled(vit, IMAGES, [4])[0] > 1e-3


def test_a_hidden_patch_has_no_say():
    vit = moved_weights("vit", d_model=16, n_heads=2, d_ff=16, n_layers=2)
    other = IMAGES.clone()
    other[:, :, :4, 4:8] = 5.0                                               # patch 1
    hidden = torch.ones(3, 1, dtype=torch.int64)
    assert torch.allclose(answers_without(vit, IMAGES, hidden), answers_without(vit, other, hidden), atol=1e-6)
    assert not torch.allclose(vit(IMAGES), vit(other), atol=1e-4)
    assert torch.allclose(answers_without(vit, IMAGES, hidden[:, :0]), vit(IMAGES), atol=1e-5)


@pytest.mark.parametrize("order", ["attention", "rollout", "ink", "random"])
def test_every_order_names_each_patch_once(order):
    vit = moved_weights("vit", d_model=16, n_heads=2, d_ff=16, n_layers=2)
    found = patch_order(vit, IMAGES, order)
    assert torch.equal(found.sort(dim=1).values, torch.arange(64).expand(3, -1))
    assert torch.equal(found, patch_order(vit, IMAGES, order))


def test_the_order_of_attention_is_that_of_the_class_token():
    vit = moved_weights("vit", d_model=16, n_heads=2, d_ff=16, n_layers=2)
    row = vit.attention(IMAGES)[1][-1].mean(1)[:, 0, 1:]
    assert torch.equal(patch_order(vit, IMAGES, "attention")[:, 0], row.argmax(1))


def test_the_order_of_ink_begins_with_the_brightest_patch():
    vit, images = moved_weights("vit", d_model=16, n_heads=2, d_ff=16, n_layers=2), torch.zeros(1, 3, 32, 32)
    images[:, :, 28:, :4], images[:, :, :4, 4:8] = 1.0, 0.5                  # patches 56 and 1
    assert patch_order(vit, images, "ink")[0, :3].tolist() == [56, 1, 0]


def test_similarity_by_hand():
    table = torch.tensor([[1.0, 0.5, 0.2, 0.1], [0.5, 1, 0.1, 0.2], [0.2, 0.1, 1, 0.5], [0.1, 0.2, 0.5, 1]])
    assert similarity_by_distance(table, (2, 2)) == pytest.approx([0.35, 0.1])


@pytest.mark.parametrize(("call", "message"), [
    (lambda: map_moves(lambda images: images, IMAGES, 3, 8), "places is 3, expected a multiple of the cell's 8 px"),
    (lambda: patch_order(None, IMAGES, "size"), "order is 'size'"),
    (lambda: similarity_by_distance(torch.eye(3), (2, 2)), r"similarity has shape \[3, 3\]"),
])
def test_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
