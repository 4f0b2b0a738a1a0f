"""What a network's answer does when the picture moves, and which patches it needs (chapter 8's lab)."""

import copy

import torch
from torch import nn

from book_lib.vision.patches import patchify
from book_lib.vision.vit import attention_rollout

ORDERS = ("attention", "rollout", "ink", "random")


def rolled(images, places):
    """Pictures or maps [b, c, h, w] moved down and right by so many px; what leaves on one side comes in on the other."""
    return images.roll((places, places), dims=(-2, -1))


def wrapped(cnn):
    """A copy of a CNN whose convolutions see the opposite side beyond the border, instead of zeros."""
    other = copy.deepcopy(cnn)
    for part in other.modules():
        if isinstance(part, nn.Conv2d):
            part.padding_mode = "circular"
    return other


def without_positions(vit):
    """A copy of a ViT that adds no positions. Its weights are those learned with them."""
    other = copy.deepcopy(vit)
    other.positions = None
    return other


@torch.no_grad()
def changes_when_rolled(model, images, places):
    """How far the logits of pictures [b, c, h, w] move when these are rolled, as a share of how far pictures lie apart.

    places: list of px. Returns one number for each, root mean squares over all pictures and classes: 0 = the answer does not change,
    1 = as much as from one picture to the mean of all.
    """
    answers = model.eval()(images)
    scale = (answers - answers.mean(dim=0)).square().mean().sqrt()
    return [((model(rolled(images, n)) - answers).square().mean().sqrt() / scale).item() for n in places]


@torch.no_grad()
def map_moves(map_of, images, places, cell):
    """How far a map is from moving along with rolled pictures: the largest difference over the largest entry.

    map_of(images) returns [b, c, rows, columns], cells of `cell` px; places, in px, is a multiple of it. 0 = equivariant.
    """
    if places % cell:
        raise ValueError(f"places is {places}, expected a multiple of the cell's {cell} px")
    before = map_of(images)
    return ((map_of(rolled(images, places)) - rolled(before, places // cell)).abs().max() / before.abs().max()).item()


def token_map(vit, images):
    """A ViT's normed tokens of the patches as a map: images [b, c, h, w] -> [b, d_model, rows, columns]."""
    tokens = vit.encode(vit.embed(images))[0][:, vit.n_extra :]
    return tokens.transpose(1, 2).unflatten(2, vit.grid)


@torch.no_grad()
def patch_order(vit, images, order, *, seed=0):
    """Numbers of the patches, those first that are said to matter most: [b, n].

    order: "attention", what the class token gives in the last layer, mean of heads; "rollout", attention_rollout of all layers; "ink",
    the mean brightness of a patch; "random".
    """
    if order not in ORDERS:
        raise ValueError(f"order is {order!r}, expected one of {ORDERS}")
    if order == "random":
        scores = torch.rand(len(images), vit.grid[0] * vit.grid[1], generator=torch.Generator().manual_seed(seed))
    elif order == "ink":
        scores = patchify(images, vit.patch_embedding.patch_size).mean(dim=2)
    else:
        weights = vit.eval().attention(images)[1]
        scores = (weights[-1].mean(dim=1) if order == "attention" else attention_rollout(weights))[:, 0, vit.n_extra :]
    return scores.argsort(dim=1, descending=True, stable=True)


@torch.no_grad()
def answers_without(vit, images, hidden):
    """Logits of pictures when no token may attend to the patches in hidden [b, k], numbers counted row by row."""
    seen = torch.ones(len(images), vit.n_extra + vit.grid[0] * vit.grid[1], dtype=torch.bool)
    seen.scatter_(1, hidden + vit.n_extra, False)
    return vit.eval().answer(vit.encode(vit.embed(images), seen[:, None, None])[0])


def similarity_by_distance(similarity, grid):
    """The mean of a table [n, n] over pairs of patches, by their distance in steps of rows and columns together.

    grid: (rows, columns), n of them. Returns a list: for distance 1, 2, … up to the farthest corner.
    """
    rows, columns = grid
    if similarity.shape != (rows * columns, rows * columns):
        raise ValueError(f"similarity has shape {list(similarity.shape)}, expected [{rows} · {columns}, {rows} · {columns}]")
    places = torch.cartesian_prod(torch.arange(rows), torch.arange(columns))
    apart = (places[:, None] - places).abs().sum(-1)
    return [similarity[apart == distance].mean().item() for distance in range(1, rows + columns - 1)]
