def cell_owners(boxes, size, cell):
    owners = torch.full((round(size[0] / cell), round(size[1] / cell)), -1.0, dtype=torch.float64)
    lost = []
    for i, box in enumerate(boxes.double()):
        column, row = torch.div(box.view(2, 2).mean(0), cell, rounding_mode="floor").long()
        if owners[row, column] == -1:
            owners[row, column] = i
        else:
            lost += [i]
    return [owners, tuple(lost)]


lost_pair = ((32, 32, 36, 80), (43, 32, 47, 80))
