"""One detector under eleven rules of label assignment, 8 epochs each, and a twice as wide network under one of them as the yardstick.

Same start, scenes and order for all; two rates each, compared with one start and 3 epochs; three starts for RetinaNet's
rule, FCOS, ATSS, FreeAnchor, AutoAssign, one-to-one matching and the wide network, one for the others.
FCOS's ranges are four strides wide (up to 32 px, 64 px, more), half the paper's eight, as our anchors are two strides wide and RetinaNet's
four: on these scenes 1.6, 4.4 and 9.8 positives for a small, a medium and a large object. With one square anchor a cell, RetinaNet's and
SSD's rules give at most 1.1 of any size, so these two arms are not the published detectors with several anchors a cell.
FreeAnchor's bag of 50 is more than a third of our 134 anchors, so smaller bags are tried as well, like the rates.
An epoch of 5 000 scenes takes 25 to 40 s of processor time, the wide network's about 2.5 times as long: some four hours in all. Rates come
first, then one full run of each arm, then the other starts, the wide network's last.
"""

from book_lib.experiments.assigned_detectors import (
    BAGS,
    EPOCHS,
    RATE_EPOCHS,
    RATES,
    RULES,
    SEEDS,
    SETTINGS,
    SEVERAL_SEEDS,
    best_bag,
    best_rate,
    train_and_score,
)

YARDSTICK = "retinanet"                                                      # the rule under which the wide network is trained
FACTS = {"settings": SETTINGS | {"epochs": EPOCHS, "epochs_for_the_rates": RATE_EPOCHS, "yardstick": YARDSTICK}, "rates": list(RATES)}


def plan(runs):
    arms = [(rule, 1) for rule in RULES] + [(YARDSTICK, 2)]
    rates = [wanted(rule, width, lr, 0, epochs=RATE_EPOCHS, bag=BAGS[0]) for rule, width in arms for lr in RATES]
    bags = [wanted("free_anchor", 1, RATES[-1], 0, epochs=RATE_EPOCHS, bag=bag) for bag in BAGS[1:]]
    bags.append(wanted("free_anchor", 1, RATES[0], 0, epochs=RATE_EPOCHS, bag=best_bag(runs)))

    def full(rule, width, seed):
        return wanted(rule, width, best_rate(runs, rule, width), seed, bag=best_bag(runs))

    first = [full(rule, width, 0) for rule, width in arms]
    starts = [full(rule, width, seed)
              for several in (1, 2) for seed in SEEDS[1:] for rule, width in arms if rule in SEVERAL_SEEDS and width == several]
    return [*rates, *bags, *first, *starts]                      # always as many, for shares to be the same for all


def wanted(rule, width, lr, seed, *, epochs=EPOCHS, bag):
    return {"rule": rule, "width": width, "epochs": epochs, "lr": lr, "seed": seed} | ({"bag": bag} if rule == "free_anchor" else {})


def run(rule, width, epochs, lr, seed, bag=BAGS[0]):
    return train_and_score(rule, lr=lr, seed=seed, epochs=epochs, width=width, bag=bag)
