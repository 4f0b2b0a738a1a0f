import math

import torch


def boxes_of(raw, reference):
    """raw [n_queries, 4] and reference [n_queries, 2 or 4] -> boxes [n_queries, 4], shares of the picture."""
    boxes = []
    for row, known in zip(raw.tolist(), reference.tolist()):
        box = []
        for place, number in enumerate(row):
            if place < len(known):
                share = min(max(known[place], 1e-5), 1 - 1e-5)
                number += math.log(share) - math.log(1 - share)
            box.append(1 / (1 + math.exp(-number)))
        boxes.append(box)
    return torch.tensor(boxes)
