"""The translator after each way of compressing, before and after the same fine-tuning (200 steps, 25 s; seven minutes in all, one core).

Fine-tuning uses the model's own training data and the rate that brings one variant, the one pruned to 75 %, further. "original" is
trained on like all others: it says what the extra training is worth without any compression. Each variant is then rounded to int8 without
more training. One start.
"""

from book_lib.experiments.compressed import FINE_TUNING, HELD_OUT, QUALITY, RATES, TRIED, compress_and_measure, plan_of

NAME = "translator"
FACTS = {"settings": FINE_TUNING[NAME], "rates": list(RATES[NAME]), "rate_chosen_on": TRIED, "quality": QUALITY[NAME],
         "held_out": HELD_OUT[NAME]}


def plan(runs):
    return plan_of(NAME, runs)


def run(change, lr, seed):
    return compress_and_measure(NAME, change, lr, seed)
