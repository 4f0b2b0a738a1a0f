"""The CNN that ViT is compared with."""

import pytest
import torch

from book_lib.vision.cnn import CNN, shift


def ready(**settings):
    torch.manual_seed(0)
    model = CNN(n_classes=6, **settings)
    torch.nn.init.normal_(model.head.weight)
    return model.eval()


def test_shapes_and_start():
    model = CNN(n_classes=6, widths=(8, 12, 16), n_blocks=2)
    images = torch.randn(2, 3, 32, 20)
    assert model.features(images).shape == (2, 16, 8, 5) and len(model.blocks) == 6
    assert model(images).shape == (2, 6) and not model(images).any()
    assert CNN(n_classes=10, n_channels=1, widths=(8,))(torch.zeros(1, 1, 8, 8)).shape == (1, 10)


def test_the_answer_is_the_mean_of_answers_at_all_places():
    model, images = ready(), torch.randn(2, 3, 16, 16)
    each = model.head(model.features(images).permute(0, 2, 3, 1))
    assert (each.mean(dim=(1, 2)) - model(images)).abs().max() < 1e-4


def test_features_move_with_the_picture():
    """Away from the border, the map of a picture moved by one cell is the map, moved by one cell."""
    model, images = ready(widths=(8, 12)), torch.zeros(1, 3, 64, 64)
    images[..., 24:40, 24:40] = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    here, moved = model.features(images), model.features(shift(images, 2, -2))
    assert (moved[..., 8:-8, 8:-8] - shift(here, 1, -1)[..., 8:-8, 8:-8]).abs().max() < 1e-5
    assert (moved - here).abs().max() > 0.1
    odd = model.features(shift(images, 1, 0))
    assert (odd - here)[..., 8:-8, 8:-8].abs().max() > 0.1, "and a move by half a cell is none of the map"


def test_shift_by_hand():
    image = torch.arange(9.0).view(1, 1, 3, 3)
    assert shift(image, 1, 0)[0, 0].tolist() == [[0, 0, 0], [0, 1, 2], [3, 4, 5]]
    assert shift(image, 0, -1, fill=9.0)[0, 0].tolist() == [[1, 2, 9], [4, 5, 9], [7, 8, 9]]
    assert torch.equal(shift(image, 0, 0), image)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: CNN(n_classes=2, widths=()), "widths is empty"),
    (lambda: CNN(n_classes=2, widths=(4, 0)), r"widths\[1\] is 0"),
    (lambda: ready()(torch.zeros(1, 1, 8, 8)), r"expected \[batch, 3, height, width\]"),
    (lambda: shift(torch.zeros(1, 1, 4, 4), 4, 0), "rows is 4"),
])
def test_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
