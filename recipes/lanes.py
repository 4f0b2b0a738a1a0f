"""Train the book's small LSTR on rendered roads (chapter 12).

`python recipes/lanes.py` takes about twelve minutes on one core; it stores weights, log and scores in models/lanes. Cut off, it goes on
from the last epoch when started again.
"""

import sys
import time
from pathlib import Path

import torch

from book_lib.book.models import model_folder, save_model
from book_lib.data.lanes import make_roads
from book_lib.experiments.small_lanes import CHANNELS, HELD_OUT_SEED, SETTINGS, SIZES, START, UNITS, new_lstr, score, train_lstr

SEED, ROADS, EPOCHS = 0, 6_000, 20
WORK = Path(__file__).parents[1] / "build" / "recipes"


def main():
    torch.set_num_threads(1)
    started = time.process_time()
    roads, held_out = make_roads(ROADS), make_roads(1000, seed=HELD_OUT_SEED)
    drawn = time.process_time() - started
    model = new_lstr(seed=SEED)
    WORK.mkdir(parents=True, exist_ok=True)
    before = {}

    def look(epoch, model):
        now = time.process_time()
        found = score(model.eval(), held_out[:100])
        print(f"epoch {epoch + 1}: {found} on 100 roads, {now - started:.0f} s of processor", file=sys.stderr, flush=True)
        taken, before["time"] = now - before.get("time", started + drawn), time.process_time()
        return {**found, "processor_seconds": taken}

    log = train_lstr(model, roads, seed=SEED, epochs=EPOCHS, checkpoint=WORK / "lanes.pt", after_epoch=look, **SETTINGS)
    layers = [score(model.eval(), held_out, layer=layer) for layer in range(SIZES["n_decoder_layers"])]
    save_model("lanes", model.state_dict(), {
        "recipe": "recipes/lanes.py",
        "seed": SEED,
        "sizes": SIZES | {"channels": CHANNELS, "units": UNITS, "start": START},
        "settings": SETTINGS | {"epochs": EPOCHS, "roads": ROADS},
        "versions": {"torch": torch.__version__},
        "threads": torch.get_num_threads(),
        "processor_seconds": round(drawn + sum(entry["processor_seconds"] for entry in log)),
        "parameters": sum(p.numel() for p in model.parameters()),
        "log": [{key: round(value, 4) for key, value in entry.items()} for entry in log],
        "held_out": {"roads": len(held_out), "first_seed": HELD_OUT_SEED},
        "scores_by_layer": [{name: round(value, 4) for name, value in scores.items()} for scores in layers],
    })
    print(f"stored in {model_folder('lanes')}: {layers[-1]}", file=sys.stderr)


if __name__ == "__main__":
    main()
