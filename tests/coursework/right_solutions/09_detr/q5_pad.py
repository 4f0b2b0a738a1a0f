def make_batch(pictures, corners):
    H, W = max(p.shape[1] for p in pictures), max(p.shape[2] for p in pictures)
    pad = lambda x, value: torch.nn.functional.pad(x, (0, W - x.shape[-1], 0, H - x.shape[-2]), value=value)
    images = torch.stack([pad(p, 0.0) for p in pictures])
    mask = torch.stack([pad(torch.ones(p.shape[1:]), 0.0) for p in pictures]) > 0.5
    boxes = []
    for p, c in zip(pictures, corners):
        size = torch.tensor([p.shape[2], p.shape[1], p.shape[2], p.shape[1]], dtype=torch.float64)
        c = c.double() / size
        boxes.append(torch.cat([(c[:, :2] + c[:, 2:]) / 2, c[:, 2:] - c[:, :2]], 1))
    return [images, mask, tuple(boxes)]


def mask_of_map(mask, h, w):
    rows, columns = torch.arange(h) * mask.shape[1] // h, torch.arange(w) * mask.shape[2] // w
    return mask[:, rows][:, :, columns]
