"""Halves of digits, filled and judged; and what files need for the same pixels."""

import gzip
import io
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from book_lib.experiments.half_digits import WAYS, distance_to_digits, fill_hidden, filled_halves, half_nats, lower_half, named_right
from book_lib.experiments.pixel_files import KINDS, WINDOW, _sheet, file_bits
from book_lib.experiments.pixels import digits, nats_by_place, new_model

TINY = {"d_model": 16, "n_heads": 2, "n_layers": 1}


def shaken():
    model = new_model(seed=0, **TINY)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.4 * torch.randn(parameter.shape, generator=generator)
    return model.eval()


def test_the_upper_half_stays():
    pixels, models = digits("held out")[0][:20], dict.fromkeys(("autoregressive", "masked"), shaken())
    for way in WAYS:
        filled = filled_halves(way, pixels, seed=1, models=models)
        assert torch.equal(filled[:, :32], pixels[:, :32]) and filled.shape == pixels.shape
        assert torch.equal(filled, pixels) == (way == "truth")
        assert torch.equal(filled, filled_halves(way, pixels, seed=1, models=models))


def test_what_is_hidden_is_not_read():
    pixels, model = digits("held out")[0][:5], shaken()
    other = torch.where(lower_half(pixels), 16 - pixels, pixels)
    for at_once in (True, False):
        both = [fill_hidden(model, some, lower_half(some), generator=torch.Generator().manual_seed(3), at_once=at_once)
                for some in (pixels, other)]
        assert torch.equal(*both)
    with pytest.raises(ValueError, match="the same places in all pictures"):
        fill_hidden(model, pixels, torch.eye(5, 64, dtype=torch.bool), generator=None)


@torch.no_grad()
def test_one_by_one_follows_what_was_drawn():
    """20 000 times the last two pixels: the second depends on the first as the model says, and at once it does not."""
    model, pixels = shaken(), digits("held out")[0][:1].expand(20_000, -1)
    hidden = (torch.arange(64) >= 62).expand(20_000, -1)
    filled = fill_hidden(model, pixels, hidden, generator=torch.Generator().manual_seed(0))
    first = filled[:, 62].mode().values
    some = filled[filled[:, 62] == first]
    alone = hidden[:1].clone()
    alone[0, 62] = False
    wanted = model.masked(some[:1], alone)[0, 63].softmax(-1)
    shares = torch.bincount(some[:, 63], minlength=17) / len(some)
    assert ((shares - wanted).abs() <= 5 * (wanted * (1 - wanted) / len(some)).sqrt() + 1e-4).all()


def test_nats_of_halves():
    models = dict.fromkeys(("autoregressive", "masked"), shaken())
    found = half_nats(models)
    assert found["autoregressive"] == pytest.approx(nats_by_place(models["autoregressive"], "autoregressive")[:, 32:].mean().item())
    assert found["masked, at once"] != found["autoregressive"]


def test_the_judge():
    pixels, labels = digits("held out")
    assert named_right(pixels, labels) > 0.9 > 0.3 > named_right(pixels, (labels + 1) % 10)


def test_the_distance_to_digits():
    pixels = digits("train")[0][:40]
    assert distance_to_digits(pixels) == 0
    moved = pixels.clone()
    moved[:, 0] += 4                                                         # no digit has ink in this corner
    assert pixels[:, 0].max() == 0 and distance_to_digits(moved) == pytest.approx(4 / 8)


def test_what_files_need():
    pixels = digits("held out")[0].numpy().astype(np.uint8)
    sheet = _sheet(pixels)
    assert sheet.shape == (120, 160) and np.array_equal(sheet[8:16, 16:24].ravel(), pixels[22])
    file = io.BytesIO()
    Image.fromarray(sheet).save(file, "PNG", optimize=True)
    assert np.array_equal(np.array(Image.open(file)), sheet) and file_bits("png") == 8 * len(file.getvalue()) / pixels.size
    assert file_bits("gzip") == 8 * len(gzip.compress(pixels.tobytes(), 9, mtime=0)) / pixels.size
    bits = {kind: file_bits(kind) for kind in KINDS}
    assert bits["bytes"] == 8 and bits["zlib after training digits"] < bits["gzip"] < bits["png"] < bits["gzip, one each"]
    known = digits("train")[0].numpy().astype(np.uint8).tobytes()[-WINDOW:]
    stream = zlib.compressobj(9, zdict=known)
    packed = stream.compress(pixels.tobytes()) + stream.flush()
    assert zlib.decompressobj(zdict=known).decompress(packed) == pixels.tobytes()
    assert bits["zlib after training digits"] == 8 * len(packed) / pixels.size


def test_refused():
    for call, message in ((lambda: filled_halves("up", digits("choice")[0], seed=0, models={}), "way is 'up'"),
                          (lambda: file_bits("zip"), "kind is 'zip'")):
        with pytest.raises(ValueError, match=message):
            call()
