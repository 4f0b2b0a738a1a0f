"""Students of the translator and of the small DETR, with and without their teachers' answers, trained until the curves are flat.

The translator's student has one layer in each stack, the detector's one and two layers and half of the channels, taken from the teacher.
Alone a student also trains twice as long, since a teacher's answers take time too: a step with a teacher costs about 1.6 steps alone. No
arm smooths labels.
The translator's nine full runs and six rates take about 15 minutes of processor time, the detector's half an hour. Rates come first.
"""

from book_lib.experiments.compressed import HELD_OUT, QUALITY
from book_lib.experiments.compressed_longer import LONGER, RATES, STUDENTS, better_rate, planned, student_arms, train_student
from book_lib.experiments.compressed_variants import stored

FACTS = {"settings": LONGER, "students": STUDENTS, "temperature": 2.0, "soft_share": 0.5, "quality": QUALITY, "held_out": HELD_OUT,
         "rates": {name: list(rates) for name, rates in RATES.items()}}


def plan(runs):
    return planned(student_arms(), lambda arm: RATES[arm["model"]], runs)


def run(model, arm, steps, seed, lr=None):
    lr = better_rate(stored("students"), {"model": model, "arm": arm, "steps": steps}, RATES[model]) if lr is None else lr
    return train_student(model, arm, steps=steps, seed=seed, lr=lr)
