"""DETR: a backbone, a Transformer and a set of learned queries; the whole detector (Carion et al. 2020)."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from book_lib.attention import MultiHeadAttention
from book_lib.checks import require_whole
from book_lib.detection.boxes import box_cxcywh_to_xyxy, full_precision
from book_lib.positional import sine_map
from book_lib.transformer import FeedForward


class DetectionOutput(NamedTuple):
    """What DETR answers after every decoder layer; the last entry of the first axis is its final answer.

    logits [n_decoder_layers, b, n_queries, n_classes + 1], the last class meaning no object; boxes [n_decoder_layers, b, n_queries, 4]:
    (cx, cy, w, h) as shares of the picture without its padding.
    """

    logits: torch.Tensor
    boxes: torch.Tensor


class AttentionMaps(NamedTuple):
    """Where DETR looked: for each layer a tensor of weights, [b, n_heads, queries, keys]; keys of a map are counted row by row."""

    encoder: list
    between_queries: list
    on_memory: list


class DetrEncoderLayer(nn.Module):
    """Self-attention over the map, then the feed-forward network; a layer norm after each (section A.3).

    tokens [b, n, d_model] and their position codes [b, n, d_model], which join queries and keys but not values; mask [b, 1, 1, n],
    True = is real. Returns (tokens [b, n, d_model], weights [b, n_heads, n, n] or None).
    """

    def __init__(self, d_model, n_heads, d_ff, dropout):
        super().__init__()
        self.self_attention = MultiHeadAttention(d_model, n_heads, dropout=dropout)
        self.feed_forward = FeedForward(d_model, d_ff, dropout=dropout)
        self.norm1, self.norm2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens, code, mask=None, *, need_weights=False):
        placed = tokens + code
        looked, weights = self.self_attention(placed, placed, tokens, mask, need_weights=need_weights)
        tokens = self.norm1(tokens + self.dropout(looked))
        return self.norm2(tokens + self.dropout(self.feed_forward(tokens))), weights


class DetrDecoderLayer(nn.Module):
    """The queries look at each other, then at the memory, then each thinks for itself; a layer norm after each step (section A.3).

    states [b, n_queries, d_model] and the learned query vectors [n_queries, d_model], which serve as position codes of the states;
    memory [b, n, d_model] with its position codes and mask. Returns (states, weights between queries, weights on the memory).
    """

    def __init__(self, d_model, n_heads, d_ff, dropout):
        super().__init__()
        self.self_attention = MultiHeadAttention(d_model, n_heads, dropout=dropout)
        self.cross_attention = MultiHeadAttention(d_model, n_heads, dropout=dropout)
        self.feed_forward = FeedForward(d_model, d_ff, dropout=dropout)
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(d_model), nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.dropout = nn.Dropout(dropout)

    def forward(self, states, queries, memory, code, mask=None, *, need_weights=False, talk=True):
        between = None
        if talk:
            placed = states + queries
            looked, between = self.self_attention(placed, placed, states, need_weights=need_weights)
            states = self.norm1(states + self.dropout(looked))
        looked, on_memory = self.cross_attention(states + queries, memory + code, memory, mask, need_weights=need_weights)
        states = self.norm2(states + self.dropout(looked))
        return self.norm3(states + self.dropout(self.feed_forward(states))), between, on_memory


class DETR(nn.Module):
    """Answer a picture with a set of boxes, one for each query (Carion et al. 2020).

    backbone: images [b, 3, h, w] -> map [b, n_channels, h', w']. talk: whether queries attend to each other; positions: "sine" or "none";
    base: of the sine code. Dropout is applied, in training, where the official program has it: to the attention weights, after each
    sublayer and inside the feed-forward network.
    forward(images [b, 3, h, w], mask bool [b, h, w], True = is real, None = all) returns a DetectionOutput.
    Raises ValueError for sizes and shapes that do not fit.
    """

    def __init__(self, backbone, *, n_classes, n_queries=100, d_model=256, n_heads=8, d_ff=2048, n_encoder_layers=6, n_decoder_layers=6,
                 dropout=0.1, talk=True, positions="sine", base=10000.0):
        super().__init__()
        require_whole(n_classes=n_classes, n_queries=n_queries, n_decoder_layers=n_decoder_layers, d_ff=d_ff)
        require_whole(at_least=0, n_encoder_layers=n_encoder_layers)
        if positions not in ("sine", "none"):
            raise ValueError(f"positions is {positions!r}, expected 'sine' or 'none'")
        self.backbone, self.talk, self.positions, self.base = backbone, talk, positions, base
        self.input_proj = nn.Conv2d(backbone.n_channels, d_model, 1)
        sizes = d_model, n_heads, d_ff, dropout
        self.encoder_layers = nn.ModuleList(DetrEncoderLayer(*sizes) for _ in range(n_encoder_layers))
        self.decoder_layers = nn.ModuleList(DetrDecoderLayer(*sizes) for _ in range(n_decoder_layers))
        self.decoder_norm = nn.LayerNorm(d_model)
        for parameter in (*self.encoder_layers.parameters(), *self.decoder_layers.parameters()):
            if parameter.dim() > 1:
                nn.init.xavier_uniform_(parameter)
        self.queries = nn.Parameter(torch.randn(n_queries, d_model))
        self.class_head = nn.Linear(d_model, n_classes + 1)
        self.box_head = nn.Sequential(
            nn.Linear(d_model, d_model), nn.ReLU(), nn.Linear(d_model, d_model), nn.ReLU(), nn.Linear(d_model, 4))

    def forward(self, images, mask=None):
        features, real, code = self.features(images, mask)
        memory, _ = self.encode(features, real, code)
        states, _, _ = self.decode(memory, real, code)
        return self.answer(states)

    def attention(self, images, mask=None):
        """Answer as forward does, and say where every layer looked. Returns (DetectionOutput, AttentionMaps)."""
        features, real, code = self.features(images, mask)
        memory, encoder = self.encode(features, real, code, need_weights=True)
        states, between, on_memory = self.decode(memory, real, code, need_weights=True)
        return self.answer(states), AttentionMaps(encoder, between, on_memory)

    def features(self, images, mask=None):
        """The backbone's map in d_model channels [b, d_model, h', w'], its mask [b, h', w'] and its position code [b, d_model, h', w']."""
        require_pictures(images, mask)
        mask = torch.ones_like(images[:, 0], dtype=torch.bool) if mask is None else mask
        features = self.input_proj(self.backbone(images))
        real = F.interpolate(mask[:, None].float(), features.shape[-2:])[:, 0].bool()        # the nearest pixel decides
        if self.positions == "none":
            return features, real, torch.zeros_like(features)
        return features, real, sine_map(real, self.queries.size(1), base=self.base).to(features)

    def encode(self, features, real, code, *, need_weights=False):
        """Let the cells of the map look at each other. Returns (memory [b, h' w', d_model], weights: one entry for each layer)."""
        tokens, code, mask = *map(row_by_row, (features, code)), real.flatten(1)[:, None, None]
        weights = []
        for layer in self.encoder_layers:
            tokens, looked = layer(tokens, code, mask, need_weights=need_weights)
            weights.append(looked)
        return tokens, weights

    def decode(self, memory, real, code, *, need_weights=False, queries=None):
        """Let the queries ask. Returns (states after every layer [n_decoder_layers, b, n_queries, d_model], normed; two lists of weights).

        queries [n_queries, d_model]: in place of the model's own, to see what becomes of others.
        """
        queries = self.queries if queries is None else queries
        code, mask = row_by_row(code), real.flatten(1)[:, None, None]
        states, after, between, on_memory = torch.zeros_like(queries).expand(memory.size(0), -1, -1), [], [], []
        for layer in self.decoder_layers:
            states, talked, looked = layer(states, queries, memory, code, mask, need_weights=need_weights, talk=self.talk)
            after.append(self.decoder_norm(states))                                          # the next layer gets them without this norm
            between.append(talked)
            on_memory.append(looked)
        return torch.stack(after), between, on_memory

    def answer(self, states):
        """Read class and box from states [..., d_model] by the two heads that all layers share. Returns a DetectionOutput."""
        return DetectionOutput(self.class_head(states), self.box_head(states).sigmoid())


def detections(logits, boxes, sizes):
    """Turn answers into detections: no threshold, and nothing is suppressed.

    logits [b, n_queries, n_classes + 1] and boxes [b, n_queries, 4] of one layer; sizes: b pairs (height, width) in px, without padding.
    Returns for each picture a dict of scores [n_queries], labels [n_queries] (the best class that is an object) and boxes_xyxy
    [n_queries, 4] in px; in float32 for half precision, which cannot tell 1333 px from 1332.
    """
    if logits.dim() != 3 or boxes.shape != (*logits.shape[:2], 4) or len(sizes) != len(logits):
        raise ValueError(f"logits {list(logits.shape)}, boxes {list(boxes.shape)} and {len(sizes)} sizes: expected [b, n, n_classes + 1], "
                         "[b, n, 4] and b")
    logits, boxes = full_precision(logits), full_precision(boxes)
    scores, labels = logits.softmax(-1)[..., :-1].max(-1)
    sides = torch.tensor([[w, h, w, h] for h, w in sizes]).to(boxes)
    corners = box_cxcywh_to_xyxy(boxes) * sides[:, None]
    return [{"scores": s, "labels": n, "boxes_xyxy": c} for s, n, c in zip(scores, labels, corners, strict=True)]


def row_by_row(maps):
    """The pixels of maps [b, d, h, w] as tokens [b, h w, d], row by row."""
    return maps.flatten(2).transpose(1, 2)


def require_pictures(images, mask):
    """Raise ValueError unless images are [b, 3, h, w] and mask is None or bool [b, h, w]."""
    if images.dim() != 4 or images.size(1) != 3:
        raise ValueError(f"images has shape {list(images.shape)}, expected [batch, 3, height, width]")
    if mask is not None and (mask.dtype != torch.bool or mask.shape != images[:, 0].shape):
        raise ValueError(f"mask has shape {list(mask.shape)} and dtype {mask.dtype}, expected torch.bool {list(images[:, 0].shape)}")
