"""A student of the translator with and without its teacher's answers, trained equally long, and alone twice as long: one minute.

The student has one layer in each stack, its teacher's first. All arms have the same rate and the same batches; three orders of them.
Alone it trains twice as long as well, since a teacher's answers take time too.
"""

from book_lib.experiments.compressed import FINE_TUNING, HELD_OUT, QUALITY, STUDENT, STUDENT_BATCH, STUDENT_STEPS, measure_student

ARMS = ("alone", "distilled", "alone, twice as long")
FACTS = {"student": STUDENT, "steps": STUDENT_STEPS, "batch": STUDENT_BATCH, "lr": FINE_TUNING["translator"]["lr"], "temperature": 2.0,
         "soft_share": 0.5, "quality": QUALITY["translator"], "held_out": HELD_OUT["translator"]}


def plan(runs):
    return [{"arm": arm, "seed": seed} for seed in range(3) for arm in ARMS]


def run(arm, seed):
    measured = measure_student(arm, seed)
    return measured._asdict() | {"quality": round(measured.quality, 4)}
