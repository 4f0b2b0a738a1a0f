"""Photographs: read the right way up, brought to the size a detector wants, shown otherwise in training, laid into one batch."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError

from book_lib.checks import require_whole

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
STEPS = tuple(step / 800 for step in range(480, 801, 32))        # shorter sides in training, as shares of the one in evaluation
BEFORE_CROP, CROP = (400 / 800, 500 / 800, 600 / 800), (384 / 800, 600 / 800)
ORIENTATION, ON_THEIR_SIDE = 0x0112, (5, 6, 7, 8)                # EXIF's tag, and its values for pictures that have to be turned by 90°


class Preparation(NamedTuple):
    """How a picture is made ready for a detector: the official recipe's numbers unless given.

    shorter, longest: px of the shorter side, and what the longer side may have at most; mean, std: of the pixels from 0 to 1, by channel.
    """

    shorter: int = 800
    longest: int = 1333
    mean: tuple = (0.485, 0.456, 0.406)                          # ImageNet's, which the backbone has learnt with
    std: tuple = (0.229, 0.224, 0.225)


def read_photograph(path, *, upright=True):
    """Read a picture as RGB; upright turns it as the EXIF orientation in its file says, as every viewer does.

    Returns a PIL image. Raises ValueError for a file that is missing, is no picture, is cut short, or has 16 bits a channel.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"path is {str(path)!r}, expected an existing picture")
    try:
        with Image.open(path) as picture:
            if picture.mode.startswith(("I", "F")):
                raise ValueError(f"{path.name} has pixels of mode {picture.mode}, not 8 bits a channel; convert it first")
            picture = ImageOps.exif_transpose(picture) if upright else picture
            return picture.convert("RGB")
    except UnidentifiedImageError as error:
        raise ValueError(f"{path.name} is no picture that Pillow can read") from error
    except (OSError, SyntaxError) as error:
        raise ValueError(f"{path.name} is damaged: {error}") from error


def size_in_file(path):
    """(height, width) of the pixels as they lie in the file, and of the picture the right way up; equal unless EXIF says otherwise.

    The third value is EXIF's orientation, 1 where nothing is to be done. Reads no pixels. Raises ValueError for what is no picture.
    """
    try:
        with Image.open(path) as picture:
            width, height = picture.size
            orientation = picture.getexif().get(ORIENTATION, 1)
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise ValueError(f"{Path(path).name} is no picture that Pillow can read") from error
    lies = (height, width)
    return lies, lies[::-1] if orientation in ON_THEIR_SIDE else lies, orientation


def fitted_size(size, *, shorter=800, longest=1333):
    """The size of a picture of (height, width) whose shorter side is to have shorter px and whose longer side at most longest.

    Both sides change by one factor, the same for a portrait and for the landscape that it is when turned, up as well as down
    (Carion et al. 2020, section 4). Returns (height, width). Raises ValueError for sizes that are no whole numbers of at least 1.
    """
    height, width = size
    require_whole(height=height, width=width, shorter=shorter, longest=longest)
    low, high = sorted((height, width))
    if high / low * shorter > longest:
        shorter = max(1, round(longest * low / high))
    other = max(1, int(shorter * high / low))
    return (shorter, other) if height <= width else (other, shorter)


def resized(image, size):
    """A PIL image at (height, width), smoothed as it shrinks (Pillow's bilinear filter, as in the official program)."""
    return image if image.size == (size[1], size[0]) else image.resize((size[1], size[0]), Image.Resampling.BILINEAR)


def as_tensor(image, preparation=None):
    """The pixels of a PIL image as a network wants them: float [3, h, w], less the mean, divided by the deviation of each channel."""
    preparation = preparation or Preparation()
    pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1) / 255
    mean, std = (torch.tensor(values)[:, None, None] for values in (preparation.mean, preparation.std))
    return (pixels - mean) / std


def prepared(image, preparation=None):
    """A PIL image at the size for evaluation, as as_tensor gives it: float [3, h, w]."""
    preparation = preparation or Preparation()
    size = fitted_size((image.height, image.width), shorter=preparation.shorter, longest=preparation.longest)
    return as_tensor(resized(image, size), preparation)


def augmented(image, labels, boxes_xyxy, generator, preparation=None):
    """Show a picture otherwise, as the official recipe does in training (Carion et al. 2020, section 4): mirrored, resized, cut.

    image: PIL; labels int64 [n]; boxes_xyxy float [n, 4], px. Mirrored with probability ½; with probability ½ brought to one of 11 sizes
    at once, else first to one of 3 sizes, then cut to a rectangle of 0.48 to 0.75 of the shorter side in evaluation (384 to 600 px for
    800), and brought to one of the 11 sizes then. Boxes are cut with the picture; what lies outside is dropped, however much was inside.
    Returns (image, labels, boxes_xyxy); all randomness comes from generator.
    """
    preparation = preparation or Preparation()
    shorter, longest = preparation.shorter, preparation.longest
    if _share(generator) < 0.5:
        image, boxes_xyxy = mirrored_photograph(image, boxes_xyxy)
    if _share(generator) >= 0.5:
        image, boxes_xyxy = _resized_with_boxes(image, boxes_xyxy, round(shorter * _one_of(BEFORE_CROP, generator)), None)
        low, high = (round(shorter * share) for share in CROP)
        width, height = (_whole(min(low, side), min(high, side), generator) for side in image.size)
        left, top = _whole(0, image.width - width, generator), _whole(0, image.height - height, generator)
        image, labels, boxes_xyxy = cropped(image, labels, boxes_xyxy, (left, top, left + width, top + height))
    image, boxes_xyxy = _resized_with_boxes(image, boxes_xyxy, round(shorter * _one_of(STEPS, generator)), longest)
    return image, labels, boxes_xyxy


def mirrored_photograph(image, boxes_xyxy):
    """Left for right: (PIL image, boxes_xyxy float [n, 4], px)."""
    left, top, right, bottom = boxes_xyxy.unbind(1)
    boxes = torch.stack((image.width - right, top, image.width - left, bottom), dim=1)
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), boxes


def cropped(image, labels, boxes_xyxy, region):
    """What of a picture lies in region (left, top, right, bottom), px: (PIL image, labels, boxes_xyxy), boxes without area left out."""
    left, top, right, bottom = region
    boxes = boxes_xyxy - torch.tensor([left, top, left, top], dtype=boxes_xyxy.dtype)
    limits = torch.tensor([right - left, bottom - top] * 2, dtype=boxes.dtype)
    boxes = torch.minimum(boxes.clamp(min=0), limits)
    seen = (boxes[:, 2:] > boxes[:, :2]).all(1)
    return image.crop(region), labels[seen], boxes[seen]


def photograph_batch(pictures):
    """Lay tensors [3, h, w] of different sizes into one batch, each in the upper left corner, the rest zeros.

    Returns (images float [b, 3, h, w], mask bool [b, h, w], True = is real). Raises ValueError for an empty list.
    """
    if not pictures:
        raise ValueError("pictures is empty, expected at least one tensor [3, h, w]")
    h, w = (max(picture.size(axis) for picture in pictures) for axis in (1, 2))
    images, mask = torch.zeros(len(pictures), 3, h, w), torch.zeros(len(pictures), h, w, dtype=torch.bool)
    for i, picture in enumerate(pictures):
        images[i, :, : picture.size(1), : picture.size(2)] = picture
        mask[i, : picture.size(1), : picture.size(2)] = True
    return images, mask


def _resized_with_boxes(image, boxes_xyxy, shorter, longest):
    before = image.width, image.height
    size = fitted_size(before[::-1], shorter=shorter, longest=10**9 if longest is None else longest)
    image = resized(image, size)
    factors = torch.tensor([image.width / before[0], image.height / before[1]] * 2, dtype=boxes_xyxy.dtype)
    return image, boxes_xyxy * factors


def _share(generator):
    return torch.rand((), generator=generator).item()


def _whole(low, high, generator):
    """A whole number from low to high, both included."""
    return torch.randint(low, high + 1, (), generator=generator).item()


def _one_of(values, generator):
    return values[_whole(0, len(values) - 1, generator)]
