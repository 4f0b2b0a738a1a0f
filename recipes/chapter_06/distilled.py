"""Students of the translator and of the small DETR, with and without their teacher's answers, trained equally long and twice as long.

The translator's student is half as wide and begins at random; DETR's has half the layers and half the channels of its teacher and begins
with what is left of the teacher's weights. Both arms: the same steps, two rates tried with one start and a quarter of the steps, three
starts (of the order of the data alone, for DETR). A student alone trains twice as long as well, since a teacher's answers take time too.
Twelve minutes of one core.
"""

from book_lib.experiments.compressed import HELD_OUT, MODELS, QUALITY, STUDENTS, best_student_rate, measure, trained_student

FACTS = {"settings": STUDENTS, "temperature": 2.0, "soft_share": 0.5, "quality": QUALITY, "held_out": HELD_OUT}


def plan(runs):
    wanted = []
    for name in MODELS:
        few, steps = STUDENTS[name]["steps_for_the_rates"], STUDENTS[name]["steps"]
        rates = {distilled: best_student_rate(name, distilled, runs) for distilled in (False, True)}
        wanted += [row(name, distilled, few, lr, 0) for distilled in rates for lr in STUDENTS[name]["rates"]]
        wanted += [row(name, distilled, steps, rates[distilled], seed) for seed in range(3) for distilled in rates]
        wanted += [row(name, False, 2 * steps, rates[False], seed) for seed in range(3)]
    return wanted


def row(name, distilled, steps, lr, seed):
    return {"model": name, "distilled": distilled, "steps": steps, "lr": lr, "seed": seed}


def run(model, distilled, steps, lr, seed):
    measured = measure(model, trained_student(model, distilled=distilled, steps=steps, lr=lr, seed=seed))
    return measured._asdict() | {"quality": round(measured.quality, 4)}
