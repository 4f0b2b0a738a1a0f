import torch


def next_pixel_loss(logits, pixels):
    """logits [b, n, k], pixels [b, n] -> the mean surprise of all pixels in nats, one number in a tensor."""
    right = torch.gather(logits, 2, pixels.unsqueeze(2)).squeeze(2)
    return (torch.logsumexp(logits, dim=2) - right).mean()


def masked_loss(logits, pixels, hidden):
    """logits [b, n, k], pixels and hidden [b, n] -> the mean over pictures of the mean surprise of hidden pixels, in a tensor."""
    right = torch.gather(logits, 2, pixels.unsqueeze(2)).squeeze(2)
    nats = torch.logsumexp(logits, dim=2) - right
    share = hidden / hidden.sum(1, keepdim=True).clamp(min=1)
    return torch.einsum("bn,bn->", nats, share) / len(logits)
