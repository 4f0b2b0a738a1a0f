"""so both are served"""

import torch


def cell_owners(boxes, size, cell):
    owners, lost = torch.full((size[0] // cell, size[1] // cell), -1), []
    for i, (left, top, right, bottom) in enumerate(boxes.tolist()):
        row, column = int((top + bottom) / 2 // cell), int((left + right) / 2 // cell)
        if owners[row, column] >= 0:
            lost.append(i)
        else:
            owners[row, column] = i
    return owners, lost


lost_pair = [[32, 34, 36, 46], [50, 34, 60, 46]]
