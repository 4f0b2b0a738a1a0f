"""One detector under eleven rules of label assignment, 12 epochs each, and a twice as wide network under one of them as the yardstick.

Same start, scenes and order for all; two rates each, compared with one start and a quarter of the epochs; three starts for RetinaNet's
rule, FCOS, ATSS, FreeAnchor, AutoAssign, one-to-one matching and the wide network, one for the others.
FCOS's ranges are four strides wide (up to 32 px, 64 px, more), half the paper's eight, as our anchors are two strides wide and RetinaNet's
four: on these scenes 1.6, 4.4 and 9.8 positives for a small, a medium and a large object. With one square anchor a cell, RetinaNet's and
SSD's rules give at most 1.1 of any size, so these two arms are not the published detectors with several anchors a cell.
An epoch of 5 000 scenes takes about 25 s of processor time, 70 s for the wide network: 5 minutes a run, 14 for the wide one, a little over
three hours in all. Rates come first, then one full run of each arm, then the other starts.
"""

from book_lib.experiments.assigned_detectors import EPOCHS, RATES, RULES, SEEDS, SETTINGS, SEVERAL_SEEDS, best_rate, train_and_score

YARDSTICK = "retinanet"                                                      # the rule under which the wide network is trained
FACTS = {"settings": SETTINGS | {"epochs": EPOCHS, "epochs_for_the_rates": EPOCHS // 4, "yardstick": YARDSTICK}, "rates": list(RATES)}


def plan(runs):
    arms = [(rule, 1) for rule in RULES] + [(YARDSTICK, 2)]
    rates = [wanted(rule, width, lr, 0, epochs=EPOCHS // 4) for rule, width in arms for lr in RATES]
    first = [wanted(rule, width, best_rate(runs, rule, width), 0) for rule, width in arms]
    starts = [wanted(rule, width, best_rate(runs, rule, width), seed)
              for seed in SEEDS[1:] for rule, width in arms if rule in SEVERAL_SEEDS]
    return rates + first + starts


def wanted(rule, width, lr, seed, *, epochs=EPOCHS):
    return {"rule": rule, "width": width, "epochs": epochs, "lr": lr, "seed": seed}


def run(rule, width, epochs, lr, seed):
    return train_and_score(rule, lr=lr, seed=seed, epochs=epochs, width=width)
