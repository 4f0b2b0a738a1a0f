"""ViT: a Transformer encoder over the patches of a picture (Dosovitskiy et al. 2021), and DeiT's second token (Touvron et al. 2021)."""

import copy
import functools
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from book_lib.attention import MultiHeadAttention
from book_lib.checks import require_whole
from book_lib.vision.patches import PatchEmbedding, require_size, resize_positions

SIZES = {                                                                    # table 1, and the two small ones of the authors' program
    "Ti/16": {"patch_size": 16, "d_model": 192, "n_heads": 3, "d_ff": 768, "n_layers": 12},
    "S/16": {"patch_size": 16, "d_model": 384, "n_heads": 6, "d_ff": 1536, "n_layers": 12},
    "B/16": {"patch_size": 16, "d_model": 768, "n_heads": 12, "d_ff": 3072, "n_layers": 12},
    "B/32": {"patch_size": 32, "d_model": 768, "n_heads": 12, "d_ff": 3072, "n_layers": 12},
    "L/16": {"patch_size": 16, "d_model": 1024, "n_heads": 16, "d_ff": 4096, "n_layers": 24},
    "H/14": {"patch_size": 14, "d_model": 1280, "n_heads": 16, "d_ff": 5120, "n_layers": 32},
}
READOUTS = ("class", "mean", "distilled")
GELUS = {"exact": F.gelu, "tanh": functools.partial(F.gelu, approximate="tanh")}


class DistilledLogits(NamedTuple):
    """What a distilled ViT says by each of its two heads: both [b, n_classes]. In use their mean counts, in training each on its own."""

    from_class_token: torch.Tensor
    from_distillation_token: torch.Tensor


class Mlp(nn.Module):
    """Two linear maps with a GELU between (equation 3): [..., d_model] -> [..., d_model].

    gelu: "exact", x Φ(x), or "tanh", its approximation in the authors' program. Initialised as there: weights xavier_uniform, biases
    normal of standard deviation 1e-6.
    """

    def __init__(self, d_model, d_ff, *, gelu="exact", dropout=0.0):
        super().__init__()
        require_whole(d_model=d_model, d_ff=d_ff)
        if gelu not in GELUS:
            raise ValueError(f"gelu is {gelu!r}, expected 'exact' or 'tanh'")
        self.linear1, self.linear2 = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)
        self.gelu, self.dropout = GELUS[gelu], nn.Dropout(dropout)
        for linear in (self.linear1, self.linear2):
            nn.init.xavier_uniform_(linear.weight)
            nn.init.normal_(linear.bias, std=1e-6)

    def forward(self, tokens):
        return self.dropout(self.linear2(self.dropout(self.gelu(self.linear1(tokens)))))


class ViTBlock(nn.Module):
    """Attention and Mlp, each behind a layer norm and beside a residual connection (equations 2 and 3).

    tokens [b, n, d_model]; mask as in MultiHeadAttention. Returns (tokens [b, n, d_model], weights [b, n_heads, n, n]), the weights None
    without need_weights.
    """

    def __init__(self, d_model, n_heads, d_ff, *, gelu="exact", eps=1e-6, dropout=0.0):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(d_model, eps=eps), nn.LayerNorm(d_model, eps=eps)
        self.attention = MultiHeadAttention(d_model, n_heads)
        self.mlp, self.dropout = Mlp(d_model, d_ff, gelu=gelu, dropout=dropout), nn.Dropout(dropout)
        for projection in self.attention.children():
            nn.init.xavier_uniform_(projection.weight)
            nn.init.zeros_(projection.bias)

    def forward(self, tokens, mask=None, *, need_weights=False):
        looked, weights = self.attention(self.norm1(tokens), mask=mask, need_weights=need_weights)
        tokens = tokens + self.dropout(looked)
        return tokens + self.mlp(self.norm2(tokens)), weights


class ViT(nn.Module):
    """Name what a picture shows (Dosovitskiy et al. 2021, figure 1).

    image_size: px, one number or (height, width). readout: which token the classes are read from: "class", a learned one before the
    patches; "mean", the mean of the patches (no class token then); "distilled", the class token and a second one that learns from a
    teacher, each with its own head (Touvron et al. 2021). positions: "learned", one vector for each token, those before the patches
    included, or "none". gelu and eps (of the layer norms): "exact" and 1e-6 unless given; the authors' program has "tanh".
    representation_size: of a linear map and a tanh before the head, None = without. Start: positions normal 0.02, heads and class tokens 0.
    Called with images [b, n_channels, h, w] of image_size it returns logits [b, n_classes]; of "distilled" the mean of both heads.
    Raises ValueError for sizes and names that do not fit.
    """

    def __init__(self, *, image_size, patch_size, n_classes, d_model=768, n_heads=12, d_ff=3072, n_layers=12, n_channels=3,
                 readout="class", positions="learned", gelu="exact", eps=1e-6, dropout=0.0, representation_size=None):
        super().__init__()
        require_whole(patch_size=patch_size, n_classes=n_classes)
        require_whole(at_least=0, n_layers=n_layers)
        self.image_size, self.readout = require_size("image_size", image_size), readout
        if any(side % patch_size for side in self.image_size):
            raise ValueError(f"image_size is {self.image_size}, expected multiples of patch_size {patch_size}")
        if readout not in READOUTS or positions not in ("learned", "none"):
            raise ValueError(f"readout is {readout!r} and positions {positions!r}, expected one of {READOUTS}, and 'learned' or 'none'")
        self.n_extra = {"mean": 0, "class": 1, "distilled": 2}[readout]
        self.patch_embedding = PatchEmbedding(patch_size, d_model, n_channels=n_channels)
        if self.n_extra:
            self.class_token = nn.Parameter(torch.zeros(d_model))
        if readout == "distilled":
            self.distillation_token = nn.Parameter(0.02 * torch.randn(d_model))
        if positions == "learned":
            self.positions = nn.Parameter(0.02 * torch.randn(self.n_extra + self.grid[0] * self.grid[1], d_model))
        else:
            self.register_parameter("positions", None)
        self.dropout = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(ViTBlock(d_model, n_heads, d_ff, gelu=gelu, eps=eps, dropout=dropout) for _ in range(n_layers))
        self.norm = nn.LayerNorm(d_model, eps=eps)
        if representation_size is not None:
            require_whole(representation_size=representation_size)
            self.pre_logits = nn.Linear(d_model, representation_size)
        else:
            self.register_module("pre_logits", None)
        self.head = _new_head(representation_size or d_model, n_classes)
        if readout == "distilled":
            self.distillation_head = _new_head(representation_size or d_model, n_classes)

    @property
    def grid(self):
        """(rows, columns) of patches."""
        return tuple(side // self.patch_embedding.patch_size for side in self.image_size)

    def forward(self, images):
        return self.answer(self.encode(self.embed(images))[0])

    def embed(self, images):
        """The tokens that enter the first block: those before the patches, then the patches row by row, [b, n_extra + n, d_model]."""
        if images.dim() != 4 or tuple(images.shape[-2:]) != self.image_size:
            raise ValueError(f"images has shape {list(images.shape)}, expected [batch, {self.patch_embedding.projection.in_channels}, "
                             f"{self.image_size[0]}, {self.image_size[1]}]; with_image_size makes a model for another size")
        tokens = self.patch_embedding(images)
        extra = [getattr(self, name) for name in ("class_token", "distillation_token")[: self.n_extra]]
        tokens = torch.cat([*(token.expand(len(images), 1, -1) for token in extra), tokens], dim=1)
        return self.dropout(tokens if self.positions is None else tokens + self.positions)

    def encode(self, tokens, mask=None, *, need_weights=False):
        """Pass tokens through all blocks. Returns (tokens [b, n, d_model], normed; weights: one [b, n_heads, n, n], or None, a layer)."""
        weights = []
        for block in self.blocks:
            tokens, looked = block(tokens, mask, need_weights=need_weights)
            weights.append(looked)
        return self.norm(tokens), weights

    def answer(self, tokens):
        """Read the classes from normed tokens [b, n_extra + n, d_model]: logits [b, n_classes]."""
        if self.readout == "distilled":
            both = self.answer_by_head(tokens)
            return (both.from_class_token + both.from_distillation_token) / 2
        return self.head(self._represent(tokens.mean(dim=1) if self.readout == "mean" else tokens[:, 0]))

    def answer_by_head(self, tokens):
        """What each head of a distilled ViT reads from normed tokens: DistilledLogits. Raises ValueError for another readout."""
        if self.readout != "distilled":
            raise ValueError(f"readout is {self.readout!r}, expected 'distilled': there is one head only")
        return DistilledLogits(self.head(self._represent(tokens[:, 0])), self.distillation_head(self._represent(tokens[:, 1])))

    def attention(self, images):
        """Answer as forward does, and say where every layer looked: (logits, list of weights [b, n_heads, n_extra + n, n_extra + n])."""
        tokens, weights = self.encode(self.embed(images), need_weights=True)
        return self.answer(tokens), weights

    def _represent(self, token):
        return token if self.pre_logits is None else torch.tanh(self.pre_logits(token))


def with_image_size(model, image_size, *, method="linear"):
    """A copy of a ViT for pictures of another size: its positions stretched by resize_positions, all else as it was (section 3.2).

    image_size: px, one number or (height, width), multiples of the patch's side. Raises ValueError for others.
    """
    other = copy.deepcopy(model)
    patch_size, other.image_size = model.patch_embedding.patch_size, require_size("image_size", image_size)
    if any(side % patch_size for side in other.image_size):
        raise ValueError(f"image_size is {other.image_size}, expected multiples of patch_size {patch_size}")
    if model.positions is not None:
        other.positions = nn.Parameter(
            resize_positions(model.positions.detach(), model.grid, other.grid, n_extra=model.n_extra, method=method).clone())
    return other


def attention_rollout(weights, *, start=0, mix=0.5):
    """How much of each token reaches each token through the layers, if attention and residuals were all (Abnar and Zuidema 2020).

    weights: a list of [b, n_heads, n, n], one a layer, in order; start: the first layer that counts. Each layer's weights are averaged over
    its heads, and 1 - mix of every token stays with itself. Returns [b, n, n]: row i says what token i is made of; rows add up to 1.
    Raises ValueError for no layers, weights of other axes and a mix outside 0 to 1.
    """
    if not 0 <= start < len(weights):
        raise ValueError(f"start is {start} and weights has {len(weights)} layers, expected a start from 0 to {len(weights) - 1}")
    if not 0 <= mix <= 1:
        raise ValueError(f"mix is {mix}, expected a share from 0 to 1")
    rolled = None
    for layer in weights[start:]:
        if layer is None or layer.dim() != 4 or layer.size(2) != layer.size(3):
            came = None if layer is None else list(layer.shape)
            raise ValueError(f"weights has an entry of shape {came}, expected [batch, n_heads, n, n] for each layer")
        mean = mix * layer.mean(dim=1) + (1 - mix) * torch.eye(layer.size(-1), dtype=layer.dtype, device=layer.device)
        rolled = mean if rolled is None else mean @ rolled
    return rolled


def distillation_loss(logits, labels, teacher, *, soft=False, temperature=3.0, share=0.5):
    """What DeiT minimises: the class token learns the labels, the distillation token what the teacher says (Touvron et al. 2021, eq. 2, 3).

    logits: DistilledLogits, both [b, n_classes]; labels [b]; teacher [b, n_classes]: the teacher's logits. By default the teacher's best
    class counts; soft: its probabilities at a temperature instead, by their divergence times temperature². share: the weight of the
    teacher's part, from 0 to 1. Returns a scalar. Raises ValueError for shapes and numbers that do not fit.
    """
    shapes = [list(tensor.shape) for tensor in (*logits, teacher)]
    if shapes[1:] != shapes[:1] * 2 or list(labels.shape) != shapes[0][:1]:
        raise ValueError(f"logits {shapes[:2]}, labels {list(labels.shape)} and teacher {shapes[2]}: expected [b, n_classes], [b] and "
                         "[b, n_classes]")
    if not 0 <= share <= 1 or not temperature > 0:
        raise ValueError(f"share is {share} and temperature {temperature}, expected a share from 0 to 1 and a temperature above 0")
    own = F.cross_entropy(logits.from_class_token, labels)
    if soft:
        said = (logits.from_distillation_token / temperature).log_softmax(dim=-1)
        wanted = (teacher / temperature).log_softmax(dim=-1)
        taught = F.kl_div(said, wanted, reduction="batchmean", log_target=True) * temperature**2
    else:
        taught = F.cross_entropy(logits.from_distillation_token, teacher.argmax(dim=-1))
    return (1 - share) * own + share * taught


def _new_head(d_model, n_classes):
    head = nn.Linear(d_model, n_classes)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    return head
