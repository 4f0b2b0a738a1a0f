def cell_owners(boxes, size, cell):
    rows, columns = size[0] // cell, size[1] // cell
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    place = (centres[:, 1] // cell * columns + centres[:, 0] // cell).long()
    owners = torch.full((rows * columns,), -1)
    for i in reversed(range(len(boxes))):
        owners[place[i]] = i
    lost = [i for i in range(len(boxes)) if owners[place[i]] != i]
    return owners.view(rows, columns), torch.tensor(lost)


lost_pair = torch.tensor([[0.0, 0.0, 4.0, 4.0], [10.0, 10.0, 14.0, 14.0]])
