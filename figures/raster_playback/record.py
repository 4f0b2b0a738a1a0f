"""Record the held-out digits, and what the small Image GPT says of the first one's first place. Run after recipes/igpt.py."""

import json
from pathlib import Path

import torch

from book_lib.book.figure import declared_traits
from book_lib.experiments.pixels import digits, load_igpt

HERE = Path(__file__).parent
SHOWN = (14, 10, 5, 39, 1, 0)                                                # of the held-out digits


def shown():
    """The digits of the figure: their class and their 64 levels."""
    pictures, labels = digits("held out")
    return [{"label": labels[i].item(), "pixels": pictures[i].tolist()} for i in SHOWN]


@torch.no_grad()
def answer():
    """Of the figure's first state: probabilities of the pixel's levels, weights of the head there, nats of all pixels of the digit."""
    state = {name: about["default"] for name, about in declared_traits(HERE.name).items()}
    pixels = torch.tensor([shown()[state["digit"]]["pixels"]])
    logits, weights = load_igpt().attention(pixels)
    shares, place = logits[0].softmax(-1), state["place"]
    seen = weights[state["layer"]][0, state["head"], place, : place + 1]
    nats = -shares.gather(1, pixels.T)[:, 0].log()
    return {name: [round(x, 5) for x in values.tolist()] for name, values in (("shares", shares[place]), ("weights", seen), ("nats", nats))}


def main():
    (HERE / "data.json").write_text(json.dumps({"digits": shown(), "answer": answer()}, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
