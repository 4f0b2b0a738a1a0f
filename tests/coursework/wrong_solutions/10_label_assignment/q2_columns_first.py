"""your owners are [columns, rows]"""

import torch


def cell_owners(boxes, size, cell):
    owners, lost = torch.full((size[1] // cell, size[0] // cell), -1), []
    for i, (left, top, right, bottom) in enumerate(boxes.tolist()):
        row, column = int((top + bottom) / 2 // cell), int((left + right) / 2 // cell)
        if owners[column, row] >= 0:
            lost.append(i)
        else:
            owners[column, row] = i
    return owners, lost


lost_pair = [[32, 34, 36, 46], [42, 34, 48, 46]]
