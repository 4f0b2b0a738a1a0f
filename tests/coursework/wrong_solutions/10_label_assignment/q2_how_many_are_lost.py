"""lost should be a list of numbers"""

import torch


def cell_owners(boxes, size, cell):
    owners, lost = torch.full((size[0] // cell, size[1] // cell), -1), []
    for i, (left, top, right, bottom) in enumerate(boxes.tolist()):
        row, column = int((top + bottom) / 2 // cell), int((left + right) / 2 // cell)
        if owners[row, column] >= 0:
            lost.append(i)
        else:
            owners[row, column] = i
    return owners, len(lost)


lost_pair = [[32, 34, 36, 46], [42, 34, 48, 46]]
