"""Patches: cut, moved, put together; their linear map is a convolution (C42); positions for another grid."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from book_lib.vision.patches import PatchEmbedding, patchify, position_similarity, reorder_patches, resize_positions, unpatchify

sizes = st.tuples(*(st.integers(1, 4) for _ in range(5)))


def pictures(b, c, h, w, seed=0):
    return torch.randn(b, c, h, w, generator=torch.Generator().manual_seed(seed))


def test_by_hand():
    """A picture of 4 x 4 numbers in patches of 2 x 2: the first is 0 1 / 4 5, the second 2 3 / 6 7."""
    image = torch.arange(16.0).view(1, 1, 4, 4)
    assert patchify(image, 2)[0].tolist() == [[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]]
    assert patchify(torch.cat([image, -image], dim=1), 2)[0, 1].tolist() == [2, 3, 6, 7, -2, -3, -6, -7]


@settings(max_examples=30, deadline=None)
@given(sizes)
def test_there_and_back(drawn):
    b, c, rows, columns, patch = drawn
    images = pictures(b, c, rows * patch, columns * patch)
    patches = patchify(images, patch)
    assert patches.shape == (b, rows * columns, c * patch**2)
    assert torch.equal(unpatchify(patches, patch, images.shape[-2:]), images)


@settings(max_examples=20, deadline=None)
@given(sizes)
def test_a_convolution_is_patchify_and_a_linear_map(drawn):
    b, c, rows, columns, patch = drawn
    embedding = PatchEmbedding(patch, 7, n_channels=c).double()
    torch.nn.init.normal_(embedding.projection.bias)
    images = pictures(b, c, rows * patch, columns * patch).double()
    assert (embedding(images) - embedding.of_patches(patchify(images, patch))).abs().max() < 1e-13


def test_the_start_of_the_embedding():
    torch.manual_seed(0)
    embedding = PatchEmbedding(8, 512)
    weight = embedding.projection.weight
    assert abs(weight.std().item() * (3 * 64) ** 0.5 - 1) < 0.02 and not embedding.projection.bias.any()
    assert weight.abs().max() <= 2 / 0.8796 * (3 * 64) ** -0.5


def test_reordered_patches():
    images = pictures(2, 3, 6, 4)
    order = torch.randperm(6, generator=torch.Generator().manual_seed(1))
    moved = reorder_patches(images, 2, order)
    assert torch.equal(patchify(moved, 2), patchify(images, 2)[:, order])
    assert torch.equal(reorder_patches(moved, 2, order.argsort()), images)
    own = torch.stack([order, torch.arange(6)])
    assert torch.equal(reorder_patches(images, 2, own)[1], images[1]) and torch.equal(reorder_patches(images, 2, own)[0], moved[0])


@pytest.mark.parametrize("new", [(7, 7), (3, 9), (8, 2)])
def test_positions_are_stretched_as_the_authors_program_does(new):
    positions = torch.randn(1 + 4 * 5, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    wider = resize_positions(positions, (4, 5), new)
    theirs = ndimage.zoom(positions[1:].view(4, 5, 6).numpy(), (new[0] / 4, new[1] / 5, 1), order=1)
    assert theirs.shape[:2] == new and torch.equal(wider[0], positions[0])
    assert (wider[1:].view(*new, 6) - torch.from_numpy(theirs)).abs().max() < 1e-12


def test_positions_by_hand():
    """One row of two cells, 0 and 6, for four cells: with the corners on each other 0, 2, 4, 6."""
    positions = torch.tensor([[0.0], [6.0]])
    assert resize_positions(positions, (1, 2), (1, 4), n_extra=0).flatten().tolist() == pytest.approx([0, 2, 4, 6])
    assert resize_positions(positions, (1, 2), (1, 2), n_extra=0) is positions


def test_similarity():
    positions = torch.tensor([[1.0, 0.0], [0.0, 2.0], [3.0, 3.0]])
    expected = torch.tensor([[1, 0, 0.5**0.5], [0, 1, 0.5**0.5], [0.5**0.5, 0.5**0.5, 1]])
    assert (position_similarity(positions) - expected).abs().max() < 1e-6


@pytest.mark.parametrize(("call", "message"), [
    (lambda: patchify(torch.zeros(3, 8, 8), 2), r"images has shape \[3, 8, 8\], expected \[batch, channels, height, width\]"),
    (lambda: patchify(torch.zeros(1, 3, 8, 9), 2), "multiples of patch_size 2"),
    (lambda: patchify(torch.zeros(1, 3, 8, 8), 0), "patch_size is 0"),
    (lambda: unpatchify(torch.zeros(1, 5, 12), 2, (4, 4)), r"expected \[batch, 2 · 2, channels · 2²\]"),
    (lambda: unpatchify(torch.zeros(1, 4, 13), 2, (4, 4)), "patches has shape"),
    (lambda: reorder_patches(torch.zeros(1, 1, 4, 4), 2, [0, 1, 1, 2]), "each of the numbers 0 to 3 once"),
    (lambda: reorder_patches(torch.zeros(1, 1, 4, 4), 2, [0, 1]), r"order has shape \[1, 2\]"),
    (lambda: PatchEmbedding(4, 8)(torch.zeros(1, 1, 8, 8)), r"expected \[batch, 3, height, width\]"),
    (lambda: resize_positions(torch.zeros(10, 4), (3, 4), (6, 6)), r"expected \[1 \+ 3 · 4, d_model\]"),
    (lambda: resize_positions(torch.zeros(10, 4), 3, (6, 0)), "new_grid is"),
    (lambda: resize_positions(torch.zeros(10, 4), 3, 6, method="nearest"), "'linear' or 'bicubic'"),
    (lambda: position_similarity(torch.zeros(4)), r"expected \[n, d_model\]"),
])
def test_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
