import torch


def kernel_of(matrix, n_channels):
    """matrix [d, c·p·p] of a linear map of patches -> the kernel of the convolution that does the same with stride p."""
    per_channel = matrix.unflatten(1, (n_channels, -1))
    return torch.stack(per_channel.chunk(int(per_channel.shape[2] ** 0.5 + 0.5), dim=2), dim=2)


def sequence_of(tokens, class_token, positions):
    """tokens [b, n, d], class_token [d], positions [1 + n, d] -> the sequence that enters the first block, [b, 1 + n, d]."""
    first = (class_token + positions[0])[None, None].repeat(len(tokens), 1, 1)
    return torch.hstack((first, tokens + positions[1:]))
