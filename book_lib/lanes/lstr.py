"""LSTR: a DETR whose queries answer with curves (Liu et al. 2021)."""

from typing import NamedTuple

import torch
from torch import nn

from book_lib.detection.detr import DETR


class LaneOutput(NamedTuple):
    """What LSTR answers after every decoder layer; the last entry of the first axis is its final answer.

    logits [n_decoder_layers, b, n_queries, 2], of no lane and of lane; lanes [n_decoder_layers, b, n_queries, 8]: lower and upper, the rows
    in which a line ends far and near, then its curve (k'', f'', m'', n', b'', b'''), in shares of the picture.
    """

    logits: torch.Tensor
    lanes: torch.Tensor


class LSTR(DETR):
    """Answer a picture with a set of lane lines, one for each query (Liu et al. 2021): a DETR with two other heads in place of boxes.

    shared: whether k'', f'', m'' and n', the shape of the road, are one answer for all queries, the mean of what each of them says;
    otherwise each keeps its own. units [8], in the order of LaneOutput's lanes: what a head's output of 1 stands for; ones unless given.
    settings: further keywords of DETR. Called as a DETR is; returns a LaneOutput. `attention` gives the maps, as for DETR.
    """

    def __init__(self, backbone, *, n_queries=7, d_model=32, n_heads=2, d_ff=128, n_encoder_layers=2, n_decoder_layers=2, shared=True,
                 units=None, **settings):
        super().__init__(backbone, n_classes=1, n_queries=n_queries, d_model=d_model, n_heads=n_heads, d_ff=d_ff,
                         n_encoder_layers=n_encoder_layers, n_decoder_layers=n_decoder_layers, **settings)
        units = torch.ones(8) if units is None else torch.as_tensor(units, dtype=torch.float32)
        if units.shape != (8,):
            raise ValueError(f"units has shape {list(units.shape)}, expected [8]: lower, upper and the six numbers of a curve")
        del self.box_head
        self.shared = shared
        self.own_head, self.shared_head = _mlp(d_model, 4), _mlp(d_model, 4)
        self.register_buffer("units", units, persistent=False)

    def answer(self, states):
        """Read class and lane from states [..., n_queries, d_model]. Returns a LaneOutput."""
        own, road = self.own_head(states), self.shared_head(states)
        if self.shared:
            road = road.mean(-2, keepdim=True).expand_as(road)
        lanes = torch.cat((own[..., :2], road, own[..., 2:]), dim=-1)
        return LaneOutput(self.class_head(states), lanes * self.units)


def _mlp(d_model, n_out):
    return nn.Sequential(nn.Linear(d_model, d_model), nn.ReLU(), nn.Linear(d_model, d_model), nn.ReLU(), nn.Linear(d_model, n_out))
