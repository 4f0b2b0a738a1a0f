def sine_map(mask, d_model):
    pictures = []
    for picture in mask.double():
        rows, columns = picture.cumsum(0), picture.cumsum(1)
        rows = 2 * math.pi * rows / (rows[-1:] + 1e-6)
        columns = 2 * math.pi * columns / (columns[:, -1:] + 1e-6)
        code = torch.cat([axis_code(rows, d_model // 2), axis_code(columns, d_model // 2)], dim=2)
        pictures.append(code.permute(2, 0, 1))
    return torch.stack(pictures)
