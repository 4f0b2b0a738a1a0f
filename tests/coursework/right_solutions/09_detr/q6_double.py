def detections(logits, boxes, sizes):
    found = ()
    for l, b, (H, W) in zip(logits.double(), boxes.double(), sizes):
        p = l.exp() / l.exp().sum(-1, keepdim=True)
        best = p[:, :-1].argmax(-1)
        corners = torch.stack([(b[:, 0] - b[:, 2] / 2) * W, (b[:, 1] - b[:, 3] / 2) * H, (b[:, 0] + b[:, 2] / 2) * W, (b[:, 1] + b[:, 3] / 2) * H], 1)
        found += ({"labels": best, "scores": p.gather(1, best[:, None])[:, 0], "boxes": corners, "size": (H, W)},)
    return found
