"""round the pixel down, always"""

import torch


def make_batch(pictures, corners):
    height, width = (max(picture.shape[side] for picture in pictures) for side in (1, 2))
    images = torch.zeros(len(pictures), 3, height, width)
    mask = torch.zeros(len(pictures), height, width, dtype=torch.bool)
    boxes = []
    for row, (picture, corner) in enumerate(zip(pictures, corners, strict=True)):
        h, w = picture.shape[1:]
        images[row, :, :h, :w] = picture
        mask[row, :h, :w] = True
        left, top, right, bottom = corner.unbind(dim=-1)
        boxes.append(torch.stack([(left + right) / 2 / w, (top + bottom) / 2 / h, (right - left) / w, (bottom - top) / h], dim=-1))
    return images, mask, boxes


def mask_of_map(mask, h, w):
    rows = [min(mask.shape[1] - 1, round(i * mask.shape[1] / h)) for i in range(h)]
    columns = [min(mask.shape[2] - 1, round(j * mask.shape[2] / w)) for j in range(w)]
    return mask[:, rows][:, :, columns]
