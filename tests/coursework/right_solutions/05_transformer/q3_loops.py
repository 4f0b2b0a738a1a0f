def decoder_mask(target):
    b, n = target.shape
    mask = torch.zeros(b, 1, n, n, dtype=torch.bool)
    for k in range(b):
        for i in range(n):
            for j in range(i + 1):
                mask[k, 0, i, j] = target[k, j] != 0
    return mask
