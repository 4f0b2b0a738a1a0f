"""a word may attend to everything in your mask"""


def decoder_mask(target):
    n = target.shape[1]
    return (target != 0)[:, None, None, :].expand(-1, 1, n, n)
