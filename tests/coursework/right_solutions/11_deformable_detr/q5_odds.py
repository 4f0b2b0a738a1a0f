import torch


def boxes_of(raw, reference):
    """raw [n_queries, 4] and reference [n_queries, 2 or 4] -> boxes [n_queries, 4], shares of the picture."""
    known = reference.double().clamp(0.00001, 0.99999)
    odds = raw.double().exp()
    odds = torch.cat((odds[:, : known.shape[1]] * known / (1 - known), odds[:, known.shape[1] :]), dim=1)
    return odds / (1 + odds)
