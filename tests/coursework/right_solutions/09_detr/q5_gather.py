def make_batch(pictures, corners):
    H = max([picture.shape[-2] for picture in pictures])
    W = max([picture.shape[-1] for picture in pictures])
    images, mask = [], []
    for picture in pictures:
        canvas, real = torch.zeros(3, H, W), torch.full((H, W), False)
        canvas[:, : picture.shape[1], : picture.shape[2]] += picture
        real[: picture.shape[1], : picture.shape[2]] = True
        images.append(canvas)
        mask.append(real)
    boxes = [
        torch.stack([(c[:, 0] + c[:, 2]) / 2 / p.shape[2], (c[:, 1] + c[:, 3]) / 2 / p.shape[1], (c[:, 2] - c[:, 0]) / p.shape[2],
                     (c[:, 3] - c[:, 1]) / p.shape[1]], 1)
        for p, c in zip(pictures, corners)
    ]
    return torch.stack(images), torch.stack(mask), boxes


def mask_of_map(mask, h, w):
    i = torch.div(torch.arange(h) * mask.shape[1], h, rounding_mode="floor")
    j = torch.div(torch.arange(w) * mask.shape[2], w, rounding_mode="floor")
    return mask.index_select(1, i).index_select(2, j)
