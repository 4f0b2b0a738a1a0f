"""Packing: a scene keeps its picture, size and objects; numbers come back to half a step."""

import base64
import io

import numpy as np
import torch
from PIL import Image

from book_lib.book.packing import packed, plain_scene, unpacked
from book_lib.data.scenes import make_scene


def test_a_scene_keeps_its_picture_its_size_and_its_objects():
    scene = make_scene(7, size=(64, 96))
    one = plain_scene(scene)
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(one["image"].split(",")[1]))).convert("RGB")).astype(float)
    assert picture.shape == (64, 96, 3) and one["size"] == [96, 64] and len(one["image"]) < 12_000
    assert np.abs(picture - scene.image).mean() < 6
    assert [label for label, *_ in one["objects"]] == scene.labels.tolist()
    assert np.abs(np.array([box for _, *box in one["objects"]]) / 1e4 - scene.boxes).max() <= 0.5e-4 + 1e-7


def test_packed_numbers_come_back_to_half_a_step():
    values = torch.rand(200, generator=torch.Generator().manual_seed(0)).tolist()
    assert np.abs(np.array(unpacked(packed(values))) - values).max() <= 0.51 * max(values) / 255
    assert unpacked(packed([0.0, 0.0])) == [0, 0]
