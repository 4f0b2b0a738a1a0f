"""Record which lines each query of the small LSTR reports over held-out roads. Run after recipes/lanes.py."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import torch

from book_lib.book.packing import picture_address
from book_lib.data.lanes import make_roads, road_batch
from book_lib.experiments.small_lanes import HELD_OUT_SEED, load_lstr
from book_lib.lanes.curves import lane_x
from book_lib.lanes.tusimple import H_SAMPLES

DATA = Path(__file__).with_name("data.json")
ROADS, DRAWN = 500, 60                                                       # roads that are counted, and reports of a query that are drawn
LEAST = 0.5                                                                  # score of a report
ROWS = torch.linspace(0.5, 1, 11)                                            # in which curves are kept
SHOWN = (2, 3, 4, 5)                                                         # lines of the roads that are shown
PLACES = ("further left", "second left", "left", "right", "second right", "further right")       # of a line, as counted from the camera


def place_of(lines, line):
    """Which of PLACES a line has; lines: b of all lines of the road, from left to right."""
    return PLACES[min(max(line - sum(b < 0 for b in lines) + 3, 0), 5)]


@torch.no_grad()
def answers(model, pictures, batch=50):
    """(scores [n_queries], lanes [n_queries, 8]) of the last layer for each picture."""
    for start in range(0, len(pictures), batch):
        output = model(road_batch(pictures[start : start + batch])[0])
        yield from zip(output.logits[-1].softmax(-1)[..., 1], output.lanes[-1], strict=True)


def kept(lane):
    """A curve in ROWS between its ends, in thousandths of the width, None where it is not drawn."""
    x = lane_x(lane[2:], ROWS)
    seen = (lane[0] - 0.03 <= ROWS) & (lane[1] + 0.03 >= ROWS) & (lane[3] + 0.01 < ROWS) & (x > -0.3) & (x < 1.3)
    return [round(1000 * value) if there else None for value, there in zip(x.tolist(), seen.tolist(), strict=True)]


def nearest(lane, picture):
    """The place, in picture.lanes, of the annotated line that a curve lies nearest to, on average over its rows."""
    x = lane_x(lane[2:], torch.tensor(H_SAMPLES) / 720).numpy()
    off = [np.abs(x - line / 1280)[line >= 0].mean() for line in picture.lanes]
    return int(np.argmin(off))


def recorded(model, pictures):
    """What the figure shows: for each query its reports, and roads with all reports."""
    found = list(answers(model, pictures))
    queries = [{"reports": 0, "places": Counter(), "lanes": []} for _ in found[0][0]]
    for picture, (scores, lanes) in zip(pictures, found, strict=True):
        for query, (score, lane) in enumerate(zip(scores.tolist(), lanes, strict=True)):
            if score < LEAST:
                continue
            own = queries[query]
            own["reports"] += 1
            lines = [picture.road.lines[i]["b"] for i in picture.which]
            own["places"][place_of(lines, nearest(lane, picture))] += 1
            if len(own["lanes"]) < DRAWN:
                own["lanes"].append(kept(lane))
    roads = []
    for wanted in SHOWN:
        at = next(i for i, picture in enumerate(pictures) if len(picture.lanes) == wanted and (wanted < 4 or picture.road.cars))
        picture, (scores, lanes) = pictures[at], found[at]
        reports = [[query, round(score, 2), kept(lane)] for query, (score, lane) in enumerate(zip(scores.tolist(), lanes, strict=True))
                   if score >= LEAST]
        roads.append({"image": picture_address(picture.image), "lines": wanted, "reports": reports})
    for own in queries:
        own["places"] = {place: own["places"][place] for place in PLACES}
    return {"roads": len(pictures), "lines": sum(len(picture.lanes) for picture in pictures), "rows": [round(y, 3) for y in ROWS.tolist()],
            "queries": queries, "shown": roads}


def main():
    data = recorded(load_lstr(), make_roads(ROADS, seed=HELD_OUT_SEED))
    DATA.write_text(json.dumps(data, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
