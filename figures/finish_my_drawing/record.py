"""Record the digits to begin with, and what the small Image GPT makes of the first. Run after recipes/igpt.py."""

import json
import math
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from book_lib.book.figure import declared_traits  # noqa: E402
from book_lib.experiments.pixels import LEVELS, digits  # noqa: E402
from export_page_model import page_model  # noqa: E402
from page_engine import run_in_node  # noqa: E402

HERE = Path(__file__).parent
STARTS = (14, 10, 5, 39, 9)                                                  # of the held-out digits
COMPLETIONS = 6


def starts():
    """The digits to begin with, as lists of 64 levels; the first is the figure's first drawing."""
    return [digits("held out")[0][i].tolist() for i in STARTS]


def uniform(seed, n):
    """So many numbers from 0 to 1 that follow from a seed, as the figure draws them (mulberry32)."""
    numbers, word, a = [], 2**32 - 1, seed
    for _ in range(n):
        a = (a + 0x6D2B79F5) & word
        t = ((a ^ (a >> 15)) * (1 | a)) & word
        t = (t + ((t ^ (t >> 7)) * (61 | t) & word) & word) ^ t
        numbers.append(((t ^ (t >> 14)) & word) / 2**32)
    return numbers


def question(drawing, given, seed):
    """What the figure asks its model."""
    draws = [uniform(COMPLETIONS * seed + i, len(drawing) - given) for i in range(COMPLETIONS)]
    return {"pixels": list(drawing[:given]), "draws": draws}


def answer(drawing, given, seed):
    """What the page's model, of 8 bits, answers: the probabilities of the next pixel's levels, and completions."""
    code = "const engine = makeEngine(models.igpt, 'igpt', kernel); return engine.answer(() => igpt(engine, data))[0];"
    found = run_in_node(code, question(drawing, given, seed), {"igpt": page_model("igpt")})
    logits = found["logits"][-LEVELS:]
    parts = [math.exp(logit - max(logits)) for logit in logits]
    return {"next": [round(part / sum(parts), 6) for part in parts], "completions": found["completions"]}


def first():
    """The figure's first drawing, how much of it is given, and the seed."""
    return [declared_traits(HERE.name)[name]["default"] for name in ("drawing", "given", "seed")]


def main():
    data = {"starts": starts(), "answer": answer(*first())}
    (HERE / "data.json").write_text(json.dumps(data, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
