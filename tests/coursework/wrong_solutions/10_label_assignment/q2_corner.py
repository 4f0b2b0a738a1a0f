"""you look for the corner of the box"""

import torch


def cell_owners(boxes, size, cell):
    owners, lost = torch.full((size[0] // cell, size[1] // cell), -1), []
    for i, (left, top, _, _) in enumerate(boxes.tolist()):
        row, column = int(top // cell), int(left // cell)
        if owners[row, column] >= 0:
            lost.append(i)
        else:
            owners[row, column] = i
    return owners, lost


lost_pair = [[32, 34, 36, 46], [42, 34, 48, 46]]
