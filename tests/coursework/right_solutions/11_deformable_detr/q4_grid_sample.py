import torch


def deformable(maps, places, logits):
    """maps [h, w, n_heads, d_head] of each level, places […, n_levels, n_points, 2], logits -> [n_queries, n_heads * d_head]."""
    n_queries, n_heads, n_levels, n_points = logits.shape
    weights = torch.softmax(logits.reshape(n_queries, n_heads, -1), -1).reshape(logits.shape)
    mixed = 0
    for level, features in enumerate(maps):
        grid = places[:, :, level].transpose(0, 1) * 2 - 1  # [n_heads, n_queries, n_points, 2]
        seen = torch.nn.functional.grid_sample(features.permute(2, 3, 0, 1), grid, align_corners=False)
        mixed = mixed + torch.einsum("hdqp,qhp->qhd", seen, weights[:, :, level])
    return mixed.reshape(n_queries, -1)
