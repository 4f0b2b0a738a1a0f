def giou(a, b):
    (x0, y0, x1, y1), (u0, v0, u1, v1) = a.T, b.T
    width = torch.relu(torch.min(x1, u1) - torch.max(x0, u0))
    height = torch.relu(torch.min(y1, v1) - torch.max(y0, v0))
    shared = width * height
    union = (x1 - x0) * (y1 - y0) + (u1 - u0) * (v1 - v0) - shared
    hull = (torch.max(x1, u1) - torch.min(x0, u0)) * (torch.max(y1, v1) - torch.min(y0, v0))
    return shared / union - 1 + union / hull
