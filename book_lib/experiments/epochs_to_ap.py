"""How soon Deformable DETR reaches what DETR reaches: trained on the same scenes, and scored after every epoch (chapter 11).

DETR's own trainings of 20 epochs are rows of models/rivals (chapter 9), made by the same function with the same settings; those of 5
epochs stand in both tables.
"""

import statistics
import time

import torch

from book_lib.book.models import load_log
from book_lib.data.scenes import make_scenes, scene_batch
from book_lib.detection.criterion import deformable_detr_loss, detr_loss
from book_lib.experiments.compared_detectors import RIVAL_EPOCHS, SCENE_SETS, SETTINGS, best_rate, train_and_score
from book_lib.experiments.small_deformable import new_deformable
from book_lib.experiments.small_detectors import new_detr

EPOCHS = RIVAL_EPOCHS // 4                                                   # the ablations have as many
RATES = {"deformable": (5e-4, 1e-3, 2e-3), "detr": (2.5e-4, 5e-4, 1e-3)}
ALONG = 300                                                                  # held-out scenes that are scored after every epoch
PARTS = {                                                                    # name: what new_deformable is told
    "unchanged": {},
    "one level": {"stages": (2,), "n_levels": 1},
    "one level, all cells": {"stages": (2,), "n_levels": 1, "everywhere": True},
    "one level, near cells": {"stages": (2,), "n_levels": 1, "everywhere": True, "near": 2.0},
    "one point": {"n_points": 1},
    "absolute boxes": {"absolute_boxes": True},
    "default init": {"default_init": True},
    "default heads": {"default_heads": True},
    "refinement": {"refine": True},
    "two-stage": {"refine": True, "two_stage": True},
}
CHARTED = {"detr": (5e-4,), "deformable": (1e-3, 2e-3)}                      # rates whose trainings are compared: each detector's best
MARGIN = 0.05                                                                # AP beyond all unchanged starts: an effect
BORNE_OUT = {"lower": ("right", "mostly right"), "higher": ("wrong", "mostly wrong")}       # verdicts on "this part helps"


def plan_of(runs):
    """The runs of models/epochs_to_ap in the order of their worth: all rates, two more starts at the best, harder scenes, twice the epochs,
    and two more starts at the other rates; then what models/rivals lacks of DETR in as few epochs.
    """
    rates = [wanted(lr, 0) for lr in RATES["deformable"]]
    if not all(any(is_row(run, one) for run in runs) for one in rates):
        return rates
    best = best_rate(runs, "deformable", RATES)
    longer, harder = {"epochs": 2 * EPOCHS}, {"scene_set": "harder scenes"}
    own, others = wanted(best, 0), [{"detector": "detr"} | one for one in (
        {"lr": 5e-4, "seed": 1}, {"lr": 5e-4, "seed": 2}, {"lr": 2.5e-4}, {"lr": 5e-4} | harder)]
    return [*rates, wanted(best, 1), wanted(best, 2), own | harder, own | longer,
            *(wanted(lr, seed) for lr in RATES["deformable"] if lr != best for seed in (1, 2)), *(own | other for other in others)]


def wanted(lr, seed):
    return {"detector": "deformable", "scene_set": "scenes", "epochs": EPOCHS, "lr": lr, "seed": seed}


def is_row(run, wanted):
    return all(run[key] == value for key, value in wanted.items())


def run_one(detector, scene_set, epochs, lr, seed, *, sizes=SETTINGS, **options):
    """A row of models/epochs_to_ap: what train_and_score returns, with AP and seconds after every epoch."""
    name = f"ap-{detector}-{scene_set.replace(' ', '-')}-{epochs}-{lr:g}-{seed}"
    return train_and_score(detector, lr=lr, seed=seed, epochs=epochs, scene_set=scene_set, name=name, sizes=sizes,
                           along=min(ALONG, sizes["held_out"]), **options)


def rate_of_parts(runs):
    """The rate that the rows of models/epochs_to_ap found best for Deformable DETR. Raises ValueError where it is yet to be found."""
    if len(plan_of(runs)) == len(RATES["deformable"]):
        raise ValueError("the rates have not been compared yet: run the table epochs_to_ap first")
    return best_rate(runs, "deformable", RATES)


def run_part(part, seed, lr, *, sizes=SETTINGS, **options):
    """A row of models/one_part_changed: what train_and_score returns of a Deformable DETR with one of PARTS.

    Raises ValueError for an unknown part.
    """
    if part not in PARTS:
        raise ValueError(f"part is {part!r}, expected one of {', '.join(PARTS)}")
    name = f"part-{part.replace(' ', '-')}-{lr:g}-{seed}"
    return train_and_score("deformable", lr=lr, seed=seed, epochs=EPOCHS, in_model=PARTS[part], name=name, sizes=sizes,
                           along=min(ALONG, sizes["held_out"]), **options)


def effect_of_part(changed, unchanged):
    """What the AP of trainings with a part changed shows beside that of unchanged ones: two lists, one number a start.

    "not run" where there is none with the part changed; "lower" or "higher" where all of them lie beyond all unchanged ones by more than
    MARGIN; else "open". The margin is there because without any effect, three starts lie beyond three others one time in ten, and a single
    one lies beyond three one time in two. Raises ValueError where there is no unchanged one.
    """
    if not unchanged:
        raise ValueError("there is no unchanged training to compare with")
    if not changed:
        return "not run"
    if max(changed) < min(unchanged) - MARGIN:
        return "lower"
    return "higher" if min(changed) > max(unchanged) + MARGIN else "open"


def greatest_gain(part, aps, unchanged):
    """Whether leaving a part out costs more AP than every other change: "lower" if so, "higher" if it helps or another costs more.

    aps: {part: [AP of each start]}, as far as they were run. The change that costs more must do so by more than MARGIN, start by start.
    "not run" without the part, "open" where nothing follows: no other was run, the effect is none, or two lie close together.
    """
    effect = effect_of_part(aps.get(part, []), unchanged)
    others = [values for name, values in aps.items() if name != part and values]
    if effect in ("not run", "higher"):
        return effect
    if any(max(values) < min(aps[part]) - MARGIN and effect_of_part(values, unchanged) == "lower" for values in others):
        return "higher"
    clear = others and all(max(aps[part]) < min(values) - MARGIN for values in others)
    return "lower" if effect == "lower" and clear else "open"


def fits(verdict, found):
    """Whether a verdict on "this part helps" says what effect_of_part or greatest_gain found: "not testable here" where it is open."""
    return verdict in BORNE_OUT.get(found, ("not testable here",))


def stored_runs(name):
    """The rows of a table of trainings that are stored so far, none where it has not been begun."""
    try:
        return load_log(name)["runs"]
    except ValueError:
        return []


def whole_trainings():
    """The stored trainings on the usual scenes that are compared: {"detr", "deformable", "refined": [(epochs, minutes, AP), …]}.

    Besides the rows of models/rivals and models/epochs_to_ap at the rates of CHARTED there are the two shipped models, and "refined", the
    Deformable DETRs with box refinement of models/one_part_changed. AP is of scenes one at a time. Minutes are those of one thread: steps
    times models/step_seconds, and with refinement as much longer as its first start took longer than the unchanged one.
    """
    rows = [run for run in (*load_log("rivals")["runs"], *stored_runs("epochs_to_ap")) if run["scene_set"] == "scenes"]
    rows.sort(key=lambda run: (run["epochs"], run["lr"], run["seed"]))
    refined = [run for run in stored_runs("one_part_changed") if run["part"] == "refinement"]
    found = {name: [(run["epochs"], run["alone"]["AP"]) for run in rows if run["detector"] == name and run["lr"] in rates]
             for name, rates in CHARTED.items()}
    for name, log in (("detr", load_log("detr")), ("deformable", load_log("deformable_detr"))):
        found[name].append((len(log["log"]) + len(log["log_any_padding"]), log["scores_alone"]["AP"]))
    found["refined"] = [(EPOCHS, run["alone"]["AP"]) for run in refined]
    step, steps = load_log("step_seconds")["runs"][0], SETTINGS["scenes_an_epoch"] // SETTINGS["batch"]
    [same] = [run for run in rows if is_row(run, wanted(refined[0]["lr"], refined[0]["seed"]))]
    longer = sum(refined[0]["seconds_of_processor_by_epoch"]) / sum(same["seconds_of_processor_by_epoch"])
    minutes = {name: steps * seconds / 60 for name, seconds in (step | {"refined": step["deformable"] * longer}).items() if name in found}
    return {name: [(epochs, epochs * minutes[name], ap) for epochs, ap in trainings] for name, trainings in found.items()}


def step_seconds(scene_set="scenes", *, batch=16, steps=9, **changed):
    """Median processor seconds of a training step of both detectors on one batch, in turn: {"detr", "deformable", "ratio"}.

    changed: further keywords of new_deformable, one of PARTS for instance.
    """
    torch.set_num_threads(1)
    images, mask, targets = scene_batch(make_scenes(batch, **SCENE_SETS[scene_set][0]))
    models = {"detr": (new_detr(seed=0), detr_loss), "deformable": (new_deformable(seed=0, **changed), deformable_detr_loss)}
    optimizers = {name: torch.optim.AdamW(model.parameters(), lr=1e-5) for name, (model, _) in models.items()}
    seconds = {name: [] for name in models}
    for _ in range(steps):
        for name, (model, loss) in models.items():
            begun = time.process_time()
            optimizers[name].zero_grad()
            loss(model(images, mask), targets)[0].backward()
            optimizers[name].step()
            seconds[name].append(time.process_time() - begun)
    middle = {name: statistics.median(values) for name, values in seconds.items()}
    return {name: round(value, 3) for name, value in middle.items()} | {"ratio": round(middle["deformable"] / middle["detr"], 2)}
