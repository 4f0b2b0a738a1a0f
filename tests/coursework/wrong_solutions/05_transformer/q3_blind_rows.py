"""a padded place may attend to nothing in your mask"""

import torch


def decoder_mask(target):
    n = target.shape[1]
    causal = torch.ones(n, n, dtype=torch.bool).tril()
    is_word = target != 0
    return causal & is_word[:, None, None, :] & is_word[:, None, :, None]
