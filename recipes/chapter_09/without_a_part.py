"""DETR without self-attention between its object queries, and with the last layer's matching for all layers: eight epochs each.

Each is trained from the same start, with the same scenes and as long as the DETR it is compared with. An epoch of 5 000 scenes takes 75 s
of processor time: about 30 minutes for one start of the three, an hour and a half for all.
"""

from book_lib.experiments.compared_detectors import RATES, SETTINGS, train_and_score

EPOCHS, SEEDS = 8, (0, 1, 2)
PARTS = {                                                                    # name: (changes in the model, changes in the loss)
    "everything": ({}, {}),
    "no self-attention between object queries": ({"talk": False}, {}),
    "last layer's matching for all": ({}, {"match_each_layer": False}),
}
FACTS = {"settings": SETTINGS | {"epochs": EPOCHS, "lr": RATES["detr"][0]}, "parts": list(PARTS)}


def plan(runs):
    return [{"part": part, "seed": seed} for seed in SEEDS for part in PARTS]


def run(part, seed):
    in_model, in_loss = PARTS[part]
    name = f"{part.replace(' ', '-')}-{EPOCHS}-{seed}"
    return train_and_score("detr", lr=RATES["detr"][0], seed=seed, epochs=EPOCHS, in_model=in_model, in_loss=in_loss, name=name)
