import math

import torch


def kernel_of(matrix, n_channels):
    """matrix [d, c·p·p] of a linear map of patches -> the kernel of the convolution that does the same with stride p."""
    d, size = matrix.shape
    p = math.isqrt(size // n_channels)
    kernel = torch.zeros(d, n_channels, p, p)
    for output in range(d):
        for place, weight in enumerate(matrix[output].tolist()):
            kernel[output, place // p**2, place % p**2 // p, place % p] = weight
    return kernel


def sequence_of(tokens, class_token, positions):
    """tokens [b, n, d], class_token [d], positions [1 + n, d] -> the sequence that enters the first block, [b, 1 + n, d]."""
    sequence = torch.empty(tokens.shape[0], tokens.shape[1] + 1, tokens.shape[2])
    for picture in range(len(tokens)):
        sequence[picture, 0] = class_token + positions[0]
        for place in range(tokens.shape[1]):
            sequence[picture, place + 1] = tokens[picture, place] + positions[place + 1]
    return sequence
