import torch


def deformable(maps, places, logits):
    """maps [h, w, n_heads, d_head] of each level, places […, n_levels, n_points, 2], logits -> [n_queries, n_heads * d_head]."""
    shares = logits.exp() / logits.exp().sum(dim=(2, 3), keepdim=True)
    output = 0
    for level, features in enumerate(maps):
        h, w, _, _ = features.shape
        x, y = (places[:, :, level] * torch.tensor([w, h]) - 0.5).unbind(-1)
        columns = torch.relu(1 - (x[..., None] - torch.arange(w)).abs())
        rows = torch.relu(1 - (y[..., None] - torch.arange(h)).abs())
        output = output + torch.einsum("qhp,qhpr,qhpc,rchd->qhd", shares[:, :, level], rows, columns, features)
    return output.flatten(1)
