"""you return the words without START"""

import torch


def greedy_decode(next_logits, source, max_length=20):
    written = torch.full((len(source), 1), START)  # noqa: F821
    ended = torch.zeros(len(source), dtype=torch.bool)
    while written.shape[1] < max_length and not ended.all():
        word = next_logits(source, written)[:, -1].argmax(dim=-1).masked_fill(ended, PAD)  # noqa: F821
        written = torch.cat([written, word[:, None]], dim=1)
        ended = ended | (word == END)  # noqa: F821
    return written[:, 1:]
