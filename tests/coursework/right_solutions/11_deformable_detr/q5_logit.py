import torch


def boxes_of(raw, reference):
    """raw [n_queries, 4] and reference [n_queries, 2 or 4] -> boxes [n_queries, 4], shares of the picture."""
    moved = torch.logit(reference, eps=1e-5)
    if reference.shape[1] == 2:
        moved = torch.nn.functional.pad(moved, (0, 2))
    return torch.sigmoid(moved + raw)
