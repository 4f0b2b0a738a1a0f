"""Record the digits to begin with, what the small ViT makes of the first, and how often it is right. Run after recipes/vit_digits.py."""

import json
import math
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from book_lib.book.figure import declared_traits  # noqa: E402
from book_lib.experiments.named_pictures import accuracy, digit_pictures, load_vit  # noqa: E402
from book_lib.experiments.pixels import digits  # noqa: E402
from book_lib.vision.patches import reorder_patches  # noqa: E402
from book_lib.vision.vit import attention_rollout  # noqa: E402
from export_page_model import page_model  # noqa: E402
from page_engine import run_in_node  # noqa: E402

HERE = Path(__file__).parent
STARTS = (21, 39, 31, 10, 14, 248)                                               # of the held-out digits
LAYERS, ORDERS = 4, 20


def starts():
    """The digits to begin with, as lists of 64 levels; the first is the figure's first drawing."""
    return [digits("held out")[0][i].tolist() for i in STARTS]


def answer(pixels, **order):
    """What the page's model, of 8 bits, says of a picture's bytes: {"shares", "looks"}, as the figure reads them."""
    watch = [f"blocks.{layer}.attention.weights" for layer in range(LAYERS)]
    code = """const engine = makeEngine(models.vit_digits, "vit_digits", kernel);
    const [{ logits }, seen] = engine.answer(() => vit(engine, data.input), data.watch);
    return { logits, seen };"""
    found = run_in_node(code, {"input": {"pixels": pixels, **order}, "watch": watch}, {"vit_digits": page_model("vit_digits")})
    parts = [math.exp(logit - max(found["logits"])) for logit in found["logits"]]
    weights = [torch.tensor(seen["data"]).view(1, *seen["shape"]) for seen in (found["seen"][name][0] for name in watch)]
    looks = [*(layer.mean(1)[0, 0] for layer in weights), attention_rollout(weights)[0, 0]]
    return {"shares": [round(part / sum(parts), 6) for part in parts], "looks": [[round(x, 5) for x in one.tolist()] for one in looks]}


def first_pixels():
    """The bytes of the network's picture of the first drawing, three equal ones a px."""
    return digit_pictures("held out")[0][STARTS[0]].permute(1, 2, 0).flatten().tolist()


def rates():
    """How many of the held-out digits the model names rightly, in order and with shuffled patches (a mean over some orders)."""
    (images, labels), model = digit_pictures("held out"), load_vit("vit_digits")
    generator = torch.Generator().manual_seed(0)
    orders = [torch.stack([torch.randperm(model.positions.size(0) - 1, generator=generator) for _ in images]) for _ in range(ORDERS)]
    patch = model.patch_embedding.patch_size
    shuffled = [accuracy(model, pictures=(reorder_patches(images.float(), patch, order), labels)) for order in orders]
    return {"n": len(labels), "own": round(accuracy(model, pictures=(images, labels)), 4), "shuffled": round(sum(shuffled) / ORDERS, 4)}


def main():
    if declared_traits(HERE.name)["drawing"]["default"] != starts()[0]:
        raise ValueError(f"the first drawing in traits.json is not the first of the starts, {starts()[0]}")
    data = {"starts": starts(), "answer": answer(first_pixels()), "rates": rates()}
    (HERE / "data.json").write_text(json.dumps(data, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
