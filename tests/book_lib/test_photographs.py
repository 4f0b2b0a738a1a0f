"""Photographs: upright, at the official size, shown otherwise by the official recipe, laid into batches."""

import numpy as np
import pytest
import torch
from PIL import Image

from book_lib.data.photographs import (
    CROP,
    STEPS,
    Preparation,
    as_tensor,
    augmented,
    cropped,
    fitted_size,
    mirrored_photograph,
    photograph_batch,
    prepared,
    read_photograph,
    size_in_file,
)

SMALL = Preparation(shorter=80, longest=133)


def picture(h, w, box=None):
    """Black, with a white rectangle (left, top, right, bottom)."""
    pixels = np.zeros((h, w, 3), np.uint8)
    if box is not None:
        pixels[box[1] : box[3], box[0] : box[2]] = 255
    return Image.fromarray(pixels)


def white_box(image):
    """(left, top, right, bottom) of what is brighter than half in a PIL image."""
    rows, columns = np.nonzero(np.array(image)[..., 0] > 127)
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


@pytest.mark.parametrize(("size", "wanted"), [
    ((480, 640), (800, 1066)),                                   # enlarged, too
    ((640, 480), (1066, 800)),                                   # a portrait is a landscape turned
    ((1200, 1600), (800, 1066)),
    ((1600, 1200), (1066, 800)),
    ((427, 640), (800, 1199)),
    ((600, 1333), (600, 1333)),                                  # the longer side decides
    ((3000, 1000), (1332, 444)),
    ((1000, 3000), (444, 1332)),
    ((800, 800), (800, 800)),
    ((1, 5000), (1, 5000)),
])
def test_shorter_side_800_longer_at_most_1333(size, wanted):
    assert fitted_size(size) == wanted


def test_a_portrait_keeps_as_many_pixels_as_the_landscape_it_is_when_turned():
    """thumbnail((1333, 800)) leaves a third of them: 1067 x 800 px become 800 x 600."""
    for h, w in ((4000, 3000), (1600, 1200), (900, 700), (800, 600)):
        portrait, landscape = fitted_size((h, w)), fitted_size((w, h))
        assert portrait == landscape[::-1] and min(portrait) == 800
    shrunk = Image.new("RGB", (3000, 4000))
    shrunk.thumbnail((1333, 800))
    assert shrunk.height * shrunk.width < 0.6 * np.prod(fitted_size((4000, 3000)))


def test_sizes_that_are_none_are_refused():
    with pytest.raises(ValueError, match="height is 0, expected a whole number of at least 1"):
        fitted_size((0, 5))
    with pytest.raises(ValueError, match="shorter is 2.5"):
        fitted_size((3, 5), shorter=2.5)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_come_upright_whatever_exif_says(tmp_path, orientation):
    """A picture that stands upright, 40 x 20 px with a white mark top left, stored as a camera held otherwise stores it."""
    upright, how = picture(20, 40, (0, 0, 10, 5)), Image.Transpose
    stored = {1: None, 2: how.FLIP_LEFT_RIGHT, 3: how.ROTATE_180, 4: how.FLIP_TOP_BOTTOM, 5: how.TRANSPOSE, 6: how.ROTATE_90,
              7: how.TRANSVERSE, 8: how.ROTATE_270}[orientation]
    lying = upright if stored is None else upright.transpose(stored)
    exif = Image.Exif()
    exif[0x0112] = orientation
    lying.save(tmp_path / "photo.png", exif=exif)
    read = read_photograph(tmp_path / "photo.png")
    assert read.size == (40, 20) and white_box(read) == [0, 0, 10, 5]
    assert np.array_equal(read_photograph(tmp_path / "photo.png", upright=False), lying)
    assert size_in_file(tmp_path / "photo.png") == (lying.size[::-1], (20, 40), orientation)


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1"])
def test_every_kind_of_picture_comes_as_rgb(tmp_path, mode):
    path = tmp_path / ("photo.tif" if mode == "CMYK" else "photo.png")
    picture(8, 9, (0, 0, 4, 4)).convert(mode).save(path)
    read = read_photograph(path)
    assert read.mode == "RGB" and read.size == (9, 8) and read.getpixel((1, 1))[0] > 250 and read.getpixel((8, 7))[0] < 5


def test_what_is_no_picture_is_named(tmp_path):
    with pytest.raises(ValueError, match="expected an existing picture"):
        read_photograph(tmp_path / "nowhere.jpg")
    (tmp_path / "text.jpg").write_text("not a picture")
    for read in (read_photograph, size_in_file):
        with pytest.raises(ValueError, match="text.jpg is no picture that Pillow can read"):
            read(tmp_path / "text.jpg")
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    noise.save(tmp_path / "whole.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:2000])
    with pytest.raises(ValueError, match="cut.jpg is damaged: "):
        read_photograph(tmp_path / "cut.jpg")
    Image.fromarray(np.full((4, 4), 60000, np.uint16)).save(tmp_path / "deep.png")
    with pytest.raises(ValueError, match="deep.png has pixels of mode I;16, not 8 bits a channel"):
        read_photograph(tmp_path / "deep.png")


def test_pixels_are_normalised_as_imagenet():
    white = as_tensor(Image.new("RGB", (3, 2), "white"))
    assert white.shape == (3, 2, 3) and white.dtype == torch.float32
    assert torch.allclose(white[:, 0, 0], torch.tensor([(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225]))
    own = as_tensor(Image.new("RGB", (1, 1), (255, 0, 51)), Preparation(mean=(0.5,) * 3, std=(0.25,) * 3))
    assert torch.allclose(own.flatten(), torch.tensor([2.0, -2.0, -1.2]))
    assert prepared(picture(20, 40), SMALL).shape == (3, 66, 132)


def test_a_mirrored_box_still_holds_its_object():
    image, boxes = mirrored_photograph(picture(20, 40, (3, 5, 13, 9)), torch.tensor([[3.0, 5, 13, 9]]))
    assert white_box(image) == boxes[0].tolist() == [27, 5, 37, 9]


def test_boxes_are_cut_with_the_picture_and_dropped_outside():
    boxes = torch.tensor([[3.0, 5, 13, 9], [0, 0, 5, 20], [30, 0, 40, 20], [5, 8, 5.5, 30]])
    image, labels, boxes = cropped(picture(20, 40, (3, 5, 13, 9)), torch.tensor([1, 2, 3, 4]), boxes, (5, 2, 25, 12))
    assert image.size == (20, 10) and labels.tolist() == [1, 4]
    assert boxes.tolist() == [[0, 3, 8, 7], [0, 6, 0.5, 10]] and white_box(image) == [0, 3, 8, 7]


def test_the_official_numbers():
    assert [round(800 * step) for step in STEPS] == [480, 512, 544, 576, 608, 640, 672, 704, 736, 768, 800]
    assert [round(800 * share) for share in CROP] == [384, 600]


def shown(seed, image, boxes, preparation=SMALL, labels=None):
    labels = torch.zeros(len(boxes), dtype=torch.int64) if labels is None else labels
    return augmented(image, labels, boxes, torch.Generator().manual_seed(seed), preparation)


def test_augmented_boxes_hold_their_objects():
    """The white rectangle is found where the box says, after mirroring, resizing and cutting, in 200 draws."""
    image, boxes, kept = picture(120, 160, (40, 30, 90, 100)), torch.tensor([[40.0, 30, 90, 100]]), 0
    for seed in range(200):
        view, labels, found = shown(seed, image, boxes)
        assert min(view.size) in {round(80 * step) for step in STEPS} or max(view.size) in (132, 133)
        assert max(view.size) <= 133
        if len(labels):
            kept += 1
            assert np.abs(np.array(white_box(view)) - found[0].numpy()).max() <= 1.5
            assert (found >= 0).all() and (found[:, 2:] <= torch.tensor(view.size) + 1e-3).all()
        else:
            assert np.array(view).max() < 160
    assert kept > 150


def test_augmentation_draws_as_often_as_the_recipe_says():
    """Mirrored in half of the draws, cut in half of them; sizes all occur; the same seed shows the same."""
    mark = picture(100, 100, (0, 0, 50, 100))
    boxes = torch.tensor([[0.0, 0, 50, 100]])
    views = [shown(seed, mark, boxes) for seed in range(400)]
    whole = [view for view, _, found in views if view.width == view.height and len(found) and abs(found[0, 3].item() - view.height) < 1e-3
             and abs((found[0, 2] - found[0, 0]).item() - view.width / 2) < 0.6]
    mirrored = sum(np.array(view)[0, -1, 0] > 127 for view in whole)
    assert 160 < len(whole) < 260 and 0.4 < mirrored / len(whole) < 0.6
    assert {min(view.size) for view in whole} == {round(80 * step) for step in STEPS}
    for seed in (3, 4):
        (one, _, boxes_one), (two, _, boxes_two) = shown(seed, mark, boxes), shown(seed, mark, boxes)
        assert np.array_equal(one, two) and torch.equal(boxes_one, boxes_two)


def test_a_picture_narrower_than_the_cut_and_one_without_objects():
    for seed in range(30):
        view, labels, boxes = shown(seed, picture(200, 10), torch.zeros(0, 4))
        assert len(labels) == 0 and boxes.shape == (0, 4) and min(view.size) >= 1


def test_a_batch_is_padded_at_the_right_and_below():
    images, mask = photograph_batch([torch.ones(3, 2, 5), torch.ones(3, 4, 3)])
    assert images.shape == (2, 3, 4, 5) and mask.dtype == torch.bool
    assert mask.sum((1, 2)).tolist() == [10, 12] and mask[0, :2].all() and mask[1, :, :3].all()
    assert torch.equal(images[:, 0] > 0, mask)
    with pytest.raises(ValueError, match="pictures is empty"):
        photograph_batch([])
