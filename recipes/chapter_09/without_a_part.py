"""DETR without self-attention between its object queries, and with the last layer's matching for all layers: trained like the shipped one.

The shipped DETR, with everything in it, is what each is compared with: the same epochs, rates, scenes and padding, and the start of seed 0.
(After 20 epochs self-attention has hardly begun to suppress duplicates, models/rivals says, so a shorter comparison would show nothing.)
An epoch of 5 000 scenes takes 75 s of processor time, a run an hour.
"""

from book_lib.experiments.compared_detectors import RATES, SETTINGS, train_and_score

EPOCHS, LAST_EPOCHS = 48, 8
PARTS = {                                                                    # name: (changes in the model, changes in the loss)
    "no self-attention between object queries": ({"talk": False}, {}),
    "last layer's matching for all": ({}, {"match_each_layer": False}),
}
FACTS = {
    "settings": {name: value for name, value in SETTINGS.items() if name != "share_of_epochs_with_any_padding"}
    | {"epochs": EPOCHS, "epochs_with_any_padding": LAST_EPOCHS, "lr": RATES["detr"][0]},
    "parts": list(PARTS),
}


def plan(runs):
    return [{"part": part, "seed": 0} for part in PARTS]


def run(part, seed):
    in_model, in_loss = PARTS[part]
    name = f"{part.replace(' ', '-')}-{EPOCHS}-{seed}"
    return train_and_score("detr", lr=RATES["detr"][0], seed=seed, epochs=EPOCHS, last_epochs=LAST_EPOCHS, in_model=in_model,
                           in_loss=in_loss, name=name)
