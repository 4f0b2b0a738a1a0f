import torch
import torch.nn.functional as F


def kernel_of(matrix, n_channels):
    """matrix [d, c·p·p] of a linear map of patches -> the kernel of the convolution that does the same with stride p."""
    p = 1
    while n_channels * p * p < matrix.shape[1]:
        p += 1
    return torch.einsum("co->oc", matrix.double().T).contiguous().view(len(matrix), n_channels, p, p)


def sequence_of(tokens, class_token, positions):
    """tokens [b, n, d], class_token [d], positions [1 + n, d] -> the sequence that enters the first block, [b, 1 + n, d]."""
    longer = F.pad(tokens, (0, 0, 1, 0))
    is_first = torch.zeros(longer.shape[1], 1)
    is_first[0] = 1
    return longer + is_first * class_token + positions.unsqueeze(0)
