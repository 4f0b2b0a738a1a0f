"""the model is asked with nothing written"""

import torch


def greedy_decode(next_logits, source, max_length=20):
    written = torch.zeros(len(source), 0, dtype=torch.long)
    ended = torch.zeros(len(source), dtype=torch.bool)
    while written.shape[1] < max_length and not ended.all():
        word = next_logits(source, written)[:, -1].argmax(dim=-1).masked_fill(ended, PAD)  # noqa: F821
        written = torch.cat([written, word[:, None]], dim=1)
        ended = ended | (word == END)  # noqa: F821
    return written
