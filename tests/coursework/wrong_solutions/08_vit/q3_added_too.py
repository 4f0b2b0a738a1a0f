"""do not add it to the patches, too"""

import torch


def kernel_of(matrix, n_channels):
    """matrix [d, c·p·p] of a linear map of patches -> the kernel of the convolution that does the same with stride p."""
    p = round((matrix.shape[1] / n_channels) ** 0.5)
    return matrix.reshape(-1, n_channels, p, p)


def sequence_of(tokens, class_token, positions):
    """tokens [b, n, d], class_token [d], positions [1 + n, d] -> the sequence that enters the first block, [b, 1 + n, d]."""
    return torch.cat((class_token.expand(len(tokens), 1, -1), tokens + class_token), dim=1) + positions
