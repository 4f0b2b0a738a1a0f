"""What the figure shows before its model is loaded: the road it draws, the noise on it, and the network's answer to the first state.

`python figures/road_from_parameters/record.py` writes data.json; run it after a training of models/lanes.
"""

import json
import math
from base64 import b64encode
from pathlib import Path

import numpy as np
import torch

from book_lib.data.lanes import FOCAL, SIZE, Road, picture_of, road_batch
from book_lib.lanes.curves import Camera

HERE = Path(__file__).parent
SEED = 12
STEP = 0.29                                                                  # of the noise's grey
HEIGHT = 1.5                                                                 # of the camera, m
WHITE, CAR = (215.0, 215.0, 215.0), {"x": 3.6, "z": 10.0, "colour": (170.0, 60.0, 45.0)}
ROAD = {
    "lines": [
        {"b": -5.4, "width": 0.24, "colour": WHITE, "dash": None}, {"b": -1.8, "width": 0.2, "colour": WHITE, "dash": (4.0, 10.0, 2.0)},
        {"b": 1.8, "width": 0.2, "colour": WHITE, "dash": (4.0, 10.0, 2.0)}, {"b": 5.4, "width": 0.24, "colour": WHITE, "dash": None}],
    "edges": (-6.6, 6.6),
    "colours": {
        "asphalt": (100.0, 100.0, 104.0), "verge": (92.0, 110.0, 64.0), "sky": (130.0, 160.0, 195.0), "haze": (158.0, 170.0, 184.0)},
    "light": 1.0,
    "shadows": [{"z_from": 16.0, "z_to": 21.0, "slant": 0.3, "dark": 0.6}],
}


def noise():
    """The grey that is added to every pixel, as whole steps, int8 [72, 128]."""
    grey = 5 * np.random.default_rng(SEED).standard_normal(SIZE, dtype=np.float32)
    return np.clip(np.rint(grey / STEP), -127, 127).astype(np.int8)


def road_of(bend=4, pitch=3.0, offset=0.0, hill=0, car=False):
    """The Road of a state of the figure."""
    lines = tuple(line | {"b": line["b"] - offset} for line in ROAD["lines"])
    cars = (CAR | {"x": CAR["x"] - offset},) if car else ()
    return Road(Camera(HEIGHT, math.radians(pitch), FOCAL), (0.0, 0.001 * bend, 0.0), lines, tuple(x - offset for x in ROAD["edges"]),
                ROAD["colours"], ROAD["light"], hill / 2500, tuple(ROAD["shadows"]), cars)


def picture(**state):
    return picture_of(road_of(**state), STEP * noise().astype(np.float32))


@torch.no_grad()
def answer(**state):
    """What the trained network answers: {logits [7 · 2], lanes [7 · 8]}."""
    from book_lib.experiments.small_lanes import load_lstr

    output = load_lstr()(road_batch([picture(**state)])[0])
    return {name: [float(f"{x:.5g}") for x in values[-1, 0].flatten().tolist()] for name, values in output._asdict().items()}


def main():
    data = {"road": ROAD, "car": CAR, "height": HEIGHT, "focal": FOCAL, "noise_step": STEP, "noise": b64encode(noise().tobytes()).decode(),
            "answer": answer()}
    (HERE / "data.json").write_text(json.dumps(data, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
