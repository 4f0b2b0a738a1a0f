def make_batch(pictures, corners):
    heights, widths = [p.size(1) for p in pictures], [p.size(2) for p in pictures]
    images = torch.zeros((len(pictures), 3, max(heights), max(widths)), dtype=torch.float64)
    mask = torch.arange(max(heights))[None, :, None] < torch.tensor(heights)[:, None, None]
    mask = mask & (torch.arange(max(widths))[None, None] < torch.tensor(widths)[:, None, None])
    boxes = []
    for i in range(len(pictures)):
        images[i, :, : heights[i], : widths[i]] = pictures[i]
        x0, y0, x1, y1 = corners[i].T
        boxes.append(torch.stack([(x0 + x1) / (2 * widths[i]), (y0 + y1) / (2 * heights[i]), (x1 - x0) / widths[i], (y1 - y0) / heights[i]]).T)
    return images, mask, boxes


def mask_of_map(mask, h, w):
    b, H, W = mask.shape
    return torch.tensor([[[bool(mask[k, int(i * H / h), int(j * W / w)]) for j in range(w)] for i in range(h)] for k in range(b)])
