"""The small DETR after some ways of compressing, before and after the same short fine-tuning of 100 steps: one minute.

Fine-tuning uses the model's own training data and the rate with which the last part of its recipe ran. Each variant is then rounded to int8
without more training. One start.
"""

from book_lib.experiments.compressed import FINE_TUNING, HELD_OUT, QUALITY, compress_and_measure

NAME = "detr"
CHANGES = ("original", "pruned 50 %", "channels halved", "layers dropped, channels halved", "heads halved")
FACTS = {"settings": FINE_TUNING[NAME], "quality": QUALITY[NAME], "held_out": HELD_OUT[NAME]}


def plan(runs):
    return [{"change": change, "seed": 0} for change in CHANGES]


def run(change, seed):
    return compress_and_measure(NAME, change, seed)
