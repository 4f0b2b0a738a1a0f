def cell_owners(boxes, size, cell):
    cells, lost = {}, []
    for i in range(len(boxes)):
        x, y = ((boxes[i, :2] + boxes[i, 2:]) / 2).tolist()
        place = math.floor(y / cell), math.floor(x / cell)
        if cells.setdefault(place, i) != i:
            lost.append(i)
    rows = [[cells.get((r, c), -1) for c in range(size[1] // cell)] for r in range(size[0] // cell)]
    return torch.tensor(rows), lost


lost_pair = [[34, 33, 46, 37], [34, 43, 46, 47]]
