"""Deformable DETR: DETR whose attention to maps looks at a few sampled places of several levels (Zhu et al. 2021)."""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from book_lib.attention import MultiHeadAttention
from book_lib.checks import require_whole
from book_lib.detection.boxes import box_cxcywh_to_xyxy, full_precision
from book_lib.detection.deformable_attention import DeformableAttention
from book_lib.detection.detr import DetectionOutput, require_pictures, row_by_row
from book_lib.positional import sine_map, sinusoidal_code
from book_lib.transformer import FeedForward

RARE = -math.log(99)                                             # the logit of one in a hundred: classes start as rare as they are
NEVER = 1e-5                                                     # shares nearer than this to 0 or 1 have no logit of their own


class DeformableOutput(NamedTuple):
    """What Deformable DETR answers after every decoder layer; the last entry of the first axis is its final answer.

    logits [n_decoder_layers, b, n_queries, n_classes], one yes or no a class; boxes [n_decoder_layers, b, n_queries, 4], (cx, cy, w, h)
    as shares of the picture without its padding. proposals: of the two-stage model, what each pixel of the maps answers before there are
    queries, a DetectionOutput of logits [b, n, n_classes] and boxes [b, n, 4]; otherwise None.
    """

    logits: torch.Tensor
    boxes: torch.Tensor
    proposals: DetectionOutput | None = None


class Sampling(NamedTuple):
    """Where Deformable DETR looked: for each layer (places, weights) as deformable_attention takes them.

    references, from where the queries looked: for each decoder layer [b, n_queries, 2 or 4], as shares of the picture without its padding.
    """

    encoder: list
    decoder: list
    references: list


class Maps(NamedTuple):
    """The maps of all levels as one row of tokens: tokens, code [b, n, d_model], mask bool [b, n], their shapes [(h, w), …].

    real [b, n_levels, 2]: which share of each level's width and height is picture, not padding.
    """

    tokens: torch.Tensor
    code: torch.Tensor
    mask: torch.Tensor
    shapes: list
    real: torch.Tensor


class DeformableEncoderLayer(nn.Module):
    """Deformable self-attention over all levels, then the feed-forward network; a layer norm after each.

    tokens, code [b, n, d_model]; reference [b, n, n_levels, 2]; shapes and mask of the maps. Returns (tokens, (places, weights)).
    """

    def __init__(self, d_model, n_heads, d_ff, dropout, n_levels, n_points):
        super().__init__()
        self.self_attention = DeformableAttention(d_model, n_heads, n_levels=n_levels, n_points=n_points)
        self.feed_forward = FeedForward(d_model, d_ff, dropout=dropout)
        self.norm1, self.norm2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens, code, reference, shapes, mask=None):
        looked, *sampled = self.self_attention(tokens + code, reference, tokens, shapes, mask)
        tokens = self.norm1(tokens + self.dropout(looked))
        return self.norm2(tokens + self.dropout(self.feed_forward(tokens))), tuple(sampled)


class DeformableDecoderLayer(nn.Module):
    """The queries look at each other as in DETR, then at a few places of the memory; the feed-forward network; a layer norm after each.

    states, code [b, n_queries, d_model]; reference [b, n_queries, n_levels, 2 or 4]; memory [b, n, d_model] with its shapes and mask.
    Returns (states, (places, weights)).
    """

    def __init__(self, d_model, n_heads, d_ff, dropout, n_levels, n_points):
        super().__init__()
        self.self_attention = MultiHeadAttention(d_model, n_heads, dropout=dropout)
        self.cross_attention = DeformableAttention(d_model, n_heads, n_levels=n_levels, n_points=n_points)
        self.feed_forward = FeedForward(d_model, d_ff, dropout=dropout)
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(d_model), nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.dropout = nn.Dropout(dropout)

    def forward(self, states, code, reference, memory, shapes, mask=None):
        placed = states + code
        looked, _ = self.self_attention(placed, placed, states, need_weights=False)
        states = self.norm1(states + self.dropout(looked))
        looked, *sampled = self.cross_attention(states + code, reference, memory, shapes, mask)
        states = self.norm2(states + self.dropout(looked))
        return self.norm3(states + self.dropout(self.feed_forward(states))), tuple(sampled)


class DeformableDETR(nn.Module):
    """Answer a picture with a set of boxes, looking at a few places of several maps (Zhu et al. 2021).

    backbone: has stages(images), a list of maps, and stage_channels; stages: which of them are used, coarsest last. Coarser maps, each half
    the size of the one before, are added until there are n_levels. refine: each decoder layer corrects the box of the one before, with
    heads of its own. two_stage: the queries come from what the encoder finds at single pixels, and refine has to be set. base: of the
    sine code.
    forward(images [b, 3, h, w], mask bool [b, h, w], True = is real, None = all) returns a DeformableOutput.
    Raises ValueError for sizes and shapes that do not fit.
    """

    def __init__(self, backbone, *, n_classes, n_queries=300, d_model=256, n_heads=8, d_ff=1024, n_encoder_layers=6, n_decoder_layers=6,
                 dropout=0.1, stages=(1, 2, 3), n_levels=4, n_points=4, refine=False, two_stage=False, base=10000.0):
        super().__init__()
        require_whole(n_classes=n_classes, n_queries=n_queries, n_decoder_layers=n_decoder_layers, d_ff=d_ff, n_levels=n_levels)
        require_whole(at_least=0, n_encoder_layers=n_encoder_layers)
        if d_model % 32:
            raise ValueError(f"d_model is {d_model}, expected a multiple of 32, the groups of the norm on every level")
        if two_stage and not refine:
            raise ValueError("two_stage needs refine: the queries' first boxes are corrected, not replaced")
        if not 1 <= len(stages) <= n_levels:
            raise ValueError(f"stages is {stages} and n_levels {n_levels}, expected at least one stage and at most {n_levels}")
        self.backbone, self.stages, self.refine, self.two_stage, self.n_queries = backbone, tuple(stages), refine, two_stage, n_queries
        self.base = base
        self.input_proj = self._input_projections(backbone, d_model, n_levels)
        self.level_code = nn.Parameter(torch.randn(n_levels, d_model))
        sizes = d_model, n_heads, d_ff, dropout, n_levels, n_points
        self.encoder_layers = nn.ModuleList(DeformableEncoderLayer(*sizes) for _ in range(n_encoder_layers))
        self.decoder_layers = nn.ModuleList(DeformableDecoderLayer(*sizes) for _ in range(n_decoder_layers))
        if two_stage:
            self.proposal_proj, self.proposal_norm = nn.Linear(d_model, d_model), nn.LayerNorm(d_model)
            self.query_proj, self.query_norm = nn.Linear(2 * d_model, 2 * d_model), nn.LayerNorm(2 * d_model)
        else:
            self.queries = nn.Parameter(torch.randn(n_queries, 2 * d_model))                     # position | content
            self.reference = nn.Linear(d_model, 2)
        self._reset_transformer()
        n_answers = n_decoder_layers + two_stage if refine else 1
        self.class_heads = nn.ModuleList(nn.Linear(d_model, n_classes) for _ in range(n_answers))
        self.box_heads = nn.ModuleList(_box_head(d_model) for _ in range(n_answers))
        self._reset_heads()

    def _input_projections(self, backbone, d_model, n_levels):
        channels = [backbone.stage_channels[stage] for stage in self.stages]
        steps = [nn.Conv2d(n, d_model, 1) for n in channels]
        for n_in in [channels[-1], *[d_model] * n_levels][: n_levels - len(channels)]:
            steps.append(nn.Conv2d(n_in, d_model, 3, stride=2, padding=1))
        for conv in steps:
            nn.init.xavier_uniform_(conv.weight)
            nn.init.zeros_(conv.bias)
        return nn.ModuleList(nn.Sequential(conv, nn.GroupNorm(32, d_model)) for conv in steps)

    def _reset_transformer(self):
        for name, part in self.named_children():
            for parameter in part.parameters() if name not in ("backbone", "input_proj") else ():
                if parameter.dim() > 1:
                    nn.init.xavier_uniform_(parameter)
        for part in self.modules():
            if isinstance(part, DeformableAttention):
                part.reset_parameters()
        if not self.two_stage:
            nn.init.zeros_(self.reference.bias)

    def _reset_heads(self):
        """No class is likely, no box moves from its reference; the first box is .12 of the picture, the others as the one before."""
        for place, (class_head, box_head) in enumerate(zip(self.class_heads, self.box_heads, strict=True)):
            nn.init.constant_(class_head.bias, RARE)
            nn.init.zeros_(box_head[-1].weight)
            nn.init.zeros_(box_head[-1].bias)
            if place == 0 and not self.two_stage:
                nn.init.constant_(box_head[-1].bias[2:], -2.0)

    def forward(self, images, mask=None):
        return self._answer(images, mask)[0]

    def sampling(self, images, mask=None):
        """Answer as forward does, and say where every layer looked. Returns (DeformableOutput, Sampling)."""
        return self._answer(images, mask)

    def _answer(self, images, mask):
        maps = self.maps(images, mask)
        memory, encoder = self.encode(maps)
        proposals = None
        if self.two_stage:
            proposals, code, states, reference = self.propose(memory, maps)
        else:
            code, states = (part.expand(memory.size(0), -1, -1) for part in self.queries.chunk(2, -1))
            reference = self.reference(code).sigmoid()
        logits, boxes, decoder, references = self.decode(states, code, reference, memory, maps)
        return DeformableOutput(logits, boxes, proposals), Sampling(encoder, decoder, references)

    def maps(self, images, mask=None):
        """The maps of all levels in d_model channels, each with its position code and the code of its level. Returns Maps."""
        require_pictures(images, mask)
        mask = torch.ones_like(images[:, 0], dtype=torch.bool) if mask is None else mask
        found = self.backbone.stages(images)
        used = [found[stage] for stage in self.stages]
        levels = [project(level) for project, level in zip(self.input_proj, used, strict=False)]
        for project in self.input_proj[len(used):]:
            levels.append(project(used[-1] if len(levels) == len(used) else levels[-1]))
        masks = [F.interpolate(mask[:, None].float(), level.shape[-2:])[:, 0].bool() for level in levels]
        codes = [sine_map(real, level.size(1), base=self.base, offset=-0.5).to(level) for real, level in zip(masks, levels, strict=True)]
        codes = [row_by_row(code) + own for code, own in zip(codes, self.level_code, strict=True)]
        tokens = torch.cat([row_by_row(level) for level in levels], 1)
        shares = [torch.stack((real[:, 0].to(tokens).mean(1), real[:, :, 0].to(tokens).mean(1)), -1) for real in masks]
        mask = torch.cat([real.flatten(1) for real in masks], 1)
        return Maps(tokens, torch.cat(codes, 1), mask, [tuple(level.shape[-2:]) for level in levels], torch.stack(shares, 1))

    def encode(self, maps):
        """Let every pixel look at a few others, of all levels. Returns (memory [b, n, d_model], (places, weights) of each layer)."""
        reference = pixel_centres(maps.shapes, maps.real)[:, :, None] * maps.real[:, None]       # as shares of each padded map
        tokens, sampled = maps.tokens, []
        for layer in self.encoder_layers:
            tokens, looked = layer(tokens, maps.code, reference, maps.shapes, maps.mask)
            sampled.append(looked)
        return tokens, sampled

    def decode(self, states, code, reference, memory, maps):
        """Let the queries look, from their reference [b, n_queries, 2 or 4]. Returns (logits, boxes, sampled, references), a layer each."""
        logits, boxes, sampled, references = [], [], [], []
        for layer, decoder_layer in enumerate(self.decoder_layers):
            on_maps = reference[:, :, None] * maps.real.repeat(1, 1, reference.size(-1) // 2)[:, None]
            states, looked = decoder_layer(states, code, on_maps, memory, maps.shapes, maps.mask)
            head = layer if self.refine else 0
            box = self.place(self.box_heads[head](states), reference)
            logits.append(self.class_heads[head](states))
            boxes.append(box)
            sampled.append(looked)
            references.append(reference)
            if self.refine:
                reference = box.detach()
        return torch.stack(logits), torch.stack(boxes), sampled, references

    def place(self, moved, reference):
        """The boxes from the box head's output, moved [b, n_queries, 4]: logits counted from the reference, [b, n_queries, 2 or 4]."""
        known = inverse_sigmoid(reference)
        return torch.cat((moved[..., : known.size(-1)] + known, moved[..., known.size(-1):]), -1).sigmoid()

    def propose(self, memory, maps):
        """Ask every pixel for an object, and make queries of the n_queries best.

        Returns (proposals of all pixels, code and states of the queries [b, n_queries, d_model], their boxes [b, n_queries, 4]).
        """
        first = first_boxes(maps.shapes, maps.real)
        within = ((first > 0.01) & (first < 0.99)).all(-1) & maps.mask
        first = torch.log(first / (1 - first)).masked_fill(~within[..., None], math.inf)
        tokens = self.proposal_norm(self.proposal_proj(memory.masked_fill(~within[..., None], 0.0)))
        logits, raw = self.class_heads[-1](tokens), self.box_heads[-1](tokens) + first
        best = logits[..., 0].topk(self.n_queries, dim=1).indices                                # the first class stands for any object
        chosen = raw.gather(1, best[..., None].expand(-1, -1, 4)).detach()
        d_model = memory.size(-1)
        angles = sinusoidal_code(chosen.sigmoid() * 2 * math.pi, d_model // 2).flatten(2)
        code, states = self.query_norm(self.query_proj(angles)).chunk(2, -1)
        return DetectionOutput(logits, raw.sigmoid()), code, states, chosen.sigmoid()


def pixel_centres(shapes, real):
    """The centre of every pixel of every level as shares of the picture without its padding: [b, n, 2], (x, y).

    shapes [(h, w), …]; real [b, n_levels, 2]: the share of width and height that is picture. A padded pixel's centre lies beyond 1.
    """
    centres = []
    for (h, w), share in zip(shapes, real.unbind(1), strict=True):
        y, x = torch.meshgrid(torch.arange(h).to(real) + 0.5, torch.arange(w).to(real) + 0.5, indexing="ij")
        centres.append(torch.stack((x.flatten() / w, y.flatten() / h), -1) / share[:, None])
    return torch.cat(centres, 1)


def first_boxes(shapes, real):
    """The box a pixel starts from in the two-stage model: round its centre, .05 of the picture wide and high, twice so a level further."""
    sizes = torch.cat([torch.full((h * w,), 0.05 * 2.0**level) for level, (h, w) in enumerate(shapes)]).to(real)
    centres = pixel_centres(shapes, real)
    return torch.cat((centres, sizes[:, None].expand(centres.size(0), -1, 2)), -1)


def inverse_sigmoid(shares):
    """The logit of a share, log(x / (1 - x)); shares nearer than 1e-5 to 0 or 1 count as if they were so near."""
    shares = shares.clamp(0, 1)
    return torch.log(shares.clamp(min=NEVER) / (1 - shares).clamp(min=NEVER))


def deformable_detections(logits, boxes, sizes, *, n_best=100):
    """Turn answers into detections: the n_best pairs of query and class, so that one query may name two classes.

    logits [b, n_queries, n_classes] and boxes [b, n_queries, 4] of one layer; sizes: b pairs (height, width) in px, without padding.
    Returns for each picture a dict of scores, labels [n] and boxes_xyxy [n, 4] in px, best first, n = n_best or all pairs if there are
    fewer; in float32 for half precision.
    """
    if logits.dim() != 3 or boxes.shape != (*logits.shape[:2], 4) or len(sizes) != len(logits):
        raise ValueError(f"logits {list(logits.shape)}, boxes {list(boxes.shape)} and {len(sizes)} sizes: expected [b, n, n_classes], "
                         "[b, n, 4] and b")
    require_whole(n_best=n_best)
    shares, boxes = full_precision(logits).sigmoid(), full_precision(boxes)
    scores, pairs = shares.flatten(1).topk(min(n_best, shares[0].numel()))
    queries, labels = pairs // logits.size(2), pairs % logits.size(2)
    sides = torch.tensor([[w, h, w, h] for h, w in sizes]).to(boxes)
    corners = (box_cxcywh_to_xyxy(boxes) * sides[:, None]).gather(1, queries[..., None].expand(-1, -1, 4))
    return [{"scores": s, "labels": n, "boxes_xyxy": c} for s, n, c in zip(scores, labels, corners, strict=True)]


def _box_head(d_model):
    return nn.Sequential(nn.Linear(d_model, d_model), nn.ReLU(), nn.Linear(d_model, d_model), nn.ReLU(), nn.Linear(d_model, 4))
