"""you round"""

import torch


def cell_owners(boxes, size, cell):
    owners, lost = torch.full((size[0] // cell, size[1] // cell), -1), []
    for i, (left, top, right, bottom) in enumerate(boxes.tolist()):
        row, column = min(round((top + bottom) / 2 / cell), len(owners) - 1), min(round((left + right) / 2 / cell), owners.shape[1] - 1)
        if owners[row, column] >= 0:
            lost.append(i)
        else:
            owners[row, column] = i
    return owners, lost


lost_pair = [[32, 34, 36, 46], [42, 34, 48, 46]]
