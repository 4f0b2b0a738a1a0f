"""Smaller and faster networks: pruning, low-rank factorisation, distillation, quantisation and compact layers.

What is compressed are the matrices of linear maps and convolutions; biases and norms are too few to matter.
"""

import copy
import functools
import math
import warnings
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrize
from torch.nn.utils.fusion import fuse_conv_bn_eval

from book_lib.attention import MultiHeadAttention
from book_lib.checks import require_whole

FIXED_POINT_BITS = 30                                                        # of the whole number that stands for a scale


def maps_of(model):
    """The linear maps and convolutions of a model by name, {name: layer}: those whose matrices are worth compressing."""
    return {name: layer for name, layer in model.named_modules() if isinstance(layer, nn.Linear | nn.Conv2d)}


# Pruning


def magnitude_mask(weight, sparsity):
    """Which weights to keep where a share of them is to become zero: all but the smallest (Han et al. 2015).

    weight: any shape; sparsity: share from 0 to 1. Returns booleans of weight's shape, True = stays; exactly round(sparsity · n) are False.
    """
    if not 0 <= sparsity <= 1:
        raise ValueError(f"sparsity is {sparsity!r}, expected a share from 0 to 1")
    order = weight.detach().abs().flatten().argsort(stable=True)
    mask = torch.ones(weight.numel(), dtype=torch.bool, device=weight.device)
    mask[order[: round(sparsity * weight.numel())]] = False
    return mask.view(weight.shape)


def n_of_m_mask(weight, n=2, m=4):
    """Which weights to keep where each m neighbours in a row may have n that are not zero (2:4: Mishra et al. 2021).

    weight [out, ...]: a row is all that one output reads. Returns booleans of weight's shape, True = stays.
    Raises ValueError where a row is no multiple of m or n is larger than m.
    """
    require_whole(n=n, m=m)
    rows = weight.detach().abs().flatten(1)
    if n > m or rows.size(1) % m:
        raise ValueError(f"n {n} of m {m} with weight {list(weight.shape)}: expected n up to m, and rows of a multiple of m numbers")
    groups = rows.view(-1, m)
    kept = groups.argsort(dim=1, descending=True, stable=True)[:, :n]
    return torch.zeros_like(groups, dtype=torch.bool).scatter_(1, kept, True).view(weight.shape)


class Masked(nn.Module):
    """A weight with some places held at zero, while it is trained too: for torch's parametrisations."""

    def __init__(self, mask):
        super().__init__()
        self.register_buffer("mask", mask)

    def forward(self, weight):
        return weight * self.mask


def prune_weights(model, mask_of, names=None):
    """Set weights to zero, in place, and hold them there until `settle` is called.

    mask_of(weight): booleans of its shape, True = stays; names: of the maps to prune, all of maps_of unless given. Returns the model.
    """
    for _, layer in _named_maps(model, names):
        parametrize.register_parametrization(layer, "weight", Masked(mask_of(layer.weight)))
    return model


def settle(model):
    """Make ordinary weights of those that prune_weights or round_weights governs, as they are now. Returns the model."""
    for layer in list(model.modules()):
        if parametrize.is_parametrized(layer, "weight"):
            parametrize.remove_parametrizations(layer, "weight", leave_parametrized=True)
    return model


def sparsity_of(model, names=None):
    """The share of zeros among the weights of the maps named, all of maps_of unless given."""
    weights = [layer.weight for _, layer in _named_maps(model, names)]
    return sum((weight == 0).sum().item() for weight in weights) / sum(weight.numel() for weight in weights)


@torch.no_grad()
def mask_heads(attention, heads):
    """Silence heads of a MultiHeadAttention in place: their columns of W_O become zero. The matrices keep their sizes."""
    for head in heads:
        attention.o_proj.weight[:, head * attention.d_head : (head + 1) * attention.d_head] = 0
    return attention


@torch.no_grad()
def channel_scores(into, out_of):
    """How large the weights are that make and that read each channel between two maps: their L1 norms multiplied (after Li et al. 2017).

    into: the map whose outputs the channels are; out_of: the map that reads them. Returns one score for each channel.
    """
    _require_channels(into, out_of)
    return into.weight.abs().flatten(1).sum(1) * out_of.weight.abs().transpose(0, 1).flatten(1).sum(1)


@torch.no_grad()
def prune_channels(into, out_of, kept, norm=None):
    """Keep some of the channels between two maps: rows of the first, columns of the second, and what a batch norm knows of them.

    kept: numbers of the channels that stay, at least one. Returns new, smaller layers (into, out_of), or (into, out_of, norm).
    The outputs are those of the old layers with the other channels set to zero. Raises ValueError for channels that do not exist.
    """
    _require_channels(into, out_of)
    n = into.weight.size(0)
    kept = sorted(set(kept))
    if not kept or kept[0] < 0 or kept[-1] >= n:
        raise ValueError(f"kept is {kept}, expected at least one of the channels 0 to {n - 1}")
    first = _same_kind(into, into.weight[kept], None if into.bias is None else into.bias[kept])
    second = _same_kind(out_of, out_of.weight[:, kept], out_of.bias)
    if norm is None:
        return first, second
    smaller = nn.BatchNorm2d(len(kept), eps=norm.eps, momentum=norm.momentum).to(norm.weight)
    smaller.load_state_dict({name: tensor[kept] if tensor.dim() else tensor for name, tensor in norm.state_dict().items()})
    return first, second, smaller.train(norm.training)


def fold_batch_norm(convolution, norm):
    """The convolution that does what a convolution and a batch norm after it do in evaluation mode: nothing is lost by it.

    Of a LowRankConv2d it is the second part that the norm is folded into.
    """
    if isinstance(convolution, LowRankConv2d):
        folded = copy.deepcopy(convolution).eval()
        folded.left = fuse_conv_bn_eval(folded.left, norm.eval())
        return folded
    return fuse_conv_bn_eval(convolution.eval(), norm.eval())


# Low rank


def break_even_rank(n_out, n_in):
    """The rank below which two matrices [n_out, rank] and [rank, n_in] hold fewer numbers than one of [n_out, n_in]."""
    require_whole(n_out=n_out, n_in=n_in)
    return n_out * n_in / (n_out + n_in)


def truncated_svd(weight, rank):
    """The two matrices of a rank whose product is nearest to weight [n_out, n_in] (Eckart and Young 1936).

    Returns (left [n_out, rank], right [rank, n_in]); the squared error is the sum of the squares of the singular values cut off.
    """
    if weight.dim() != 2:
        raise ValueError(f"weight has shape {list(weight.shape)}, expected a matrix [n_out, n_in]")
    if not 1 <= rank <= min(weight.shape):
        raise ValueError(f"rank is {rank}, expected 1 to {min(weight.shape)} for a matrix {list(weight.shape)}")
    u, s, v = torch.linalg.svd(weight.detach(), full_matrices=False)
    return u[:, :rank] * s[:rank].sqrt(), s[:rank, None].sqrt() * v[:rank]


class LowRankLinear(nn.Module):
    """A linear map as two, through a narrow middle: tokens [..., in_features] -> [..., out_features], by way of [..., rank]."""

    def __init__(self, linear, rank):
        super().__init__()
        left, right = truncated_svd(linear.weight, rank)
        self.in_features, self.out_features, self.rank = linear.in_features, linear.out_features, rank
        self.right = _same_kind(nn.Linear(1, 1, bias=False), right, None)
        self.left = _same_kind(linear, left, linear.bias)

    def forward(self, tokens):
        return self.left(self.right(tokens))


class LowRankConv2d(nn.Module):
    """A convolution as two: one of rank outputs with the old kernel, then one of 1 x 1 (Zhang et al. 2015)."""

    def __init__(self, convolution, rank):
        super().__init__()
        left, right = truncated_svd(convolution.weight.flatten(1), rank)
        self.right = _same_kind(convolution, right.view(rank, *convolution.weight.shape[1:]), None)
        self.left = _same_kind(nn.Conv2d(1, 1, 1), left[:, :, None, None], convolution.bias)

    def forward(self, features):
        return self.left(self.right(features))


def factorise(model, share, names=None):
    """Put two small matrices in the place of each large one, in place, where that saves anything. Returns {name: rank} of those replaced.

    share: of the numbers of each matrix that may be left, above 0; at 1 the rank is the break-even rank, rounded down, and nothing is saved
    any more. A map whose rank would be less than 1 or as large as the full one stays as it is.
    """
    if not share > 0:
        raise ValueError(f"share is {share!r}, expected a number above 0")
    ranks = {}
    for name, layer in _named_maps(model, names):
        n_out, n_in = layer.weight.flatten(1).shape
        rank = int(share * break_even_rank(n_out, n_in))
        if 1 <= rank < min(n_out, n_in):
            _replace(model, name, (LowRankLinear if isinstance(layer, nn.Linear) else LowRankConv2d)(layer, rank))
            ranks[name] = rank
    return ranks


# Distillation


def distillation_loss(student, teacher, labels, *, temperature=2.0, soft_share=0.5, ignore_index=-100):
    """Learn from what a teacher answers and from what is right (Hinton, Vinyals and Dean 2015).

    student and teacher: logits [n, n_classes]; labels [n]. The soft part is the divergence of the student's softmax from the teacher's,
    both of logits / temperature, averaged over rows and multiplied by temperature², so that its gradient keeps its size; the hard part is
    the cross-entropy with the labels. soft_share: what part of the sum is soft. Rows whose label is ignore_index count in neither.
    """
    if student.shape != teacher.shape or student.dim() != 2 or labels.shape != student.shape[:1]:
        raise ValueError(f"student {list(student.shape)}, teacher {list(teacher.shape)} and labels {list(labels.shape)}: expected "
                         "[n, n_classes] twice and [n]")
    if not temperature > 0 or not 0 <= soft_share <= 1:
        raise ValueError(f"temperature is {temperature!r} and soft_share {soft_share!r}, expected above 0 and from 0 to 1")
    counts = labels != ignore_index
    soft = F.kl_div((student[counts] / temperature).log_softmax(-1), (teacher[counts] / temperature).log_softmax(-1),
                    reduction="batchmean", log_target=True)
    hard = F.cross_entropy(student, labels, ignore_index=ignore_index)
    return soft_share * temperature**2 * soft + (1 - soft_share) * hard


# Quantisation


class Quantised(NamedTuple):
    """Whole numbers and what they stand for: value = scale · (whole - zero). scale and zero broadcast to whole."""

    whole: torch.Tensor
    scale: torch.Tensor
    zero: torch.Tensor

    def values(self):
        return self.scale * (self.whole.to(self.scale.dtype) - self.zero)


def quantise(weight, *, bits=8, per_channel=True):
    """Round a weight to whole numbers from -(2^(bits - 1) - 1) to 2^(bits - 1) - 1, the largest size becoming the largest number.

    per_channel: one scale for each entry of the first axis (each output), else one for all. Each value moves by at most half a scale.
    Returns a Quantised whose zero is 0. Raises ValueError for bits outside 2 to 8 and for numbers that are not finite.
    """
    largest = _largest_whole(bits)
    _require_finite(weight)
    axes = tuple(range(1, weight.dim())) if per_channel else tuple(range(weight.dim()))
    top = weight.abs().amax(axes, keepdim=True) if axes else weight.abs()
    scale = (top / largest).clamp(min=torch.finfo(weight.dtype).tiny)
    whole = (weight / scale).round().clamp(-largest, largest)
    return Quantised(whole.to(torch.int8), scale, torch.zeros_like(scale))


def quantise_between(values, low, high, *, bits=8):
    """Round activations to 0 … 2^bits - 1, so that the range from low to high (widened to hold 0) is covered and 0 is met exactly.

    What lies outside is cut off. Returns a Quantised (Jacob et al. 2018, section 2.1). Raises ValueError for a range of no width.
    """
    steps = 2 * _largest_whole(bits) + 1
    low, high = min(float(low), 0.0), max(float(high), 0.0)
    if not low < high or not math.isfinite(high - low):
        raise ValueError(f"low is {low} and high {high}, expected a finite range that is wider than nothing")
    scale = torch.tensor((high - low) / steps, dtype=values.dtype, device=values.device)
    zero = torch.tensor(float(round(-low / (high - low) * steps)), dtype=values.dtype, device=values.device)
    return Quantised(((values / scale).round() + zero).clamp(0, steps).to(torch.uint8), scale, zero)


def codebook(weight, bits=4, *, rounds=20):
    """Group the numbers of a weight by k-means into 2^bits values (Han et al. 2016), from evenly spaced ones on.

    Returns (codes uint8 of weight's shape, centres [2^bits]); centres[codes] is the weight that is left.
    """
    require_whole(bits=bits, rounds=rounds)
    if bits > 8:
        raise ValueError(f"bits is {bits}, expected 1 to 8")
    _require_finite(weight)
    numbers = weight.detach().flatten()
    centres = torch.linspace(numbers.min(), numbers.max(), 2**bits, dtype=numbers.dtype, device=numbers.device)
    for _ in range(rounds):
        codes = torch.bucketize(numbers, (centres[1:] + centres[:-1]) / 2)   # the nearest centre, as they are sorted
        counts = torch.bincount(codes, minlength=2**bits)
        sums = torch.zeros_like(centres).index_add_(0, codes, numbers)
        centres = torch.where(counts > 0, sums / counts.clamp(min=1), centres).sort().values
    codes = torch.bucketize(numbers, (centres[1:] + centres[:-1]) / 2)
    return codes.to(torch.uint8).view(weight.shape), centres


def rounded(weight, *, bits=8, per_channel=True):
    """The weight after one turn through quantise."""
    return quantise(weight, bits=bits, per_channel=per_channel).values()


def clustered(weight, *, bits=4):
    """The weight after one turn through codebook."""
    codes, centres = codebook(weight, bits)
    return centres[codes.long()]


class StraightThrough(nn.Module):
    """A weight that computes with rounded numbers and learns as if they were not rounded (Bengio et al. 2013): for parametrisations."""

    def __init__(self, change):
        super().__init__()
        self.change = change

    def forward(self, weight):
        return weight + (self.change(weight) - weight).detach()


def round_weights(model, change, names=None, *, embeddings=True):
    """Let the maps and embeddings of a model compute with change(weight), in place, in training straight through, until `settle`.

    change: rounded or clustered, or a function like them; names: of the maps, all of maps_of (and all embeddings) unless given.
    """
    layers = [layer for _, layer in _named_maps(model, names)]
    if names is None and embeddings:
        layers += [layer for layer in model.modules() if isinstance(layer, nn.Embedding)]
    for layer in layers:
        parametrize.register_parametrization(layer, "weight", StraightThrough(change))
    return model


@torch.no_grad()
def calibrate(model, answer, names=None, *, share=1.0):
    """Watch what goes into each map while answer(model) runs. Returns {name: (low, high)}, without maps that read nothing but zeros.

    share: of the inputs' numbers that the range holds, split evenly between both ends; below 1 it leaves out outliers.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share is {share!r}, expected above 0 and up to 1")
    ranges, hooks = {}, []

    def watch(layer, given, name):
        numbers = given[0].detach().flatten()
        few = max(1, round((1 - share) / 2 * len(numbers)) + 1)
        low, high = numbers.kthvalue(few).values.item(), numbers.kthvalue(len(numbers) - few + 1).values.item()
        before = ranges.get(name, (math.inf, -math.inf))
        ranges[name] = min(low, before[0]), max(high, before[1])

    for name, layer in _named_maps(model, names):
        hooks.append(layer.register_forward_pre_hook(functools.partial(watch, name=name)))
    try:
        answer(model)
    finally:
        for hook in hooks:
            hook.remove()
    return {name: (low, high) for name, (low, high) in ranges.items() if low < 0 or high > 0}


def round_activations(model, ranges, *, bits=8):
    """Let every map named in ranges, {name: (low, high)}, read its input rounded to bits, in place.

    Returns hooks; remove() of each undoes it.
    """
    layers = maps_of(model)
    if unknown := sorted(set(ranges) - set(layers)):
        raise ValueError(f"ranges names {unknown[0]!r}, which is no linear map or convolution of the model")

    def change(layer, given, low, high):
        return quantise_between(given[0], low, high, bits=bits).values(), *given[1:]

    return [layers[name].register_forward_pre_hook(functools.partial(change, low=low, high=high)) for name, (low, high) in ranges.items()]


def integer_product(inputs, weight):
    """Multiply whole numbers alone, as a processor's int8 instructions do, written as loops: for each output, add up in 32 bits.

    inputs: a Quantised of whole [n, n_in] with one scale; weight: a Quantised of whole [n_out, n_in], its zero 0.
    Returns whole numbers int32 [n, n_out]; times inputs.scale · weight.scale of the output, they are the product of the values.
    """
    _require_product(inputs, weight)
    zero = int(inputs.zero)
    rows, columns = inputs.whole.tolist(), weight.whole.tolist()
    sums = [[sum((x - zero) * w for x, w in zip(row, column, strict=True)) for column in columns] for row in rows]
    return torch.tensor(sums, dtype=torch.int32).view(len(rows), len(columns))


def fast_integer_product(inputs, weight):
    """integer_product in one call of torch."""
    _require_product(inputs, weight)
    return (inputs.whole.to(torch.int32) - inputs.zero.to(torch.int32)) @ weight.whole.to(torch.int32).T


def fixed_point(scale):
    """A scale as (whole, shift), whole · 2^-shift, with FIXED_POINT_BITS bits (Jacob et al. 2018, section 2.2)."""
    if not 0 < scale < math.inf:
        raise ValueError(f"scale is {scale!r}, expected a finite number above 0")
    fraction, exponent = math.frexp(scale)
    return round(fraction * 2**FIXED_POINT_BITS), FIXED_POINT_BITS - exponent


def rescale(sums, scale, zero):
    """Bring sums int32 to the next layer's whole numbers, uint8, by one multiplication of whole numbers and one shift.

    What is outside 0 to 255 is cut off. scale: what a step of sums is in steps of the result, below 1; zero: the whole number that stands
    for 0.
    """
    whole, shift = fixed_point(scale)
    half = 1 << (shift - 1)
    return (((sums.long() * whole + half) >> shift) + zero).clamp(0, 255).to(torch.uint8)


def torch_int8(model):
    """A copy of the model whose linear maps run on torch's int8 kernels: weights rounded beforehand, activations while it runs.

    torch.ao.quantization announces its end: its successor torchao computes the same through torch.compile, and needs a C++ compiler at the
    reader's to be faster than float32. So the older path it is, as long as torch has it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.ao.quantization.quantize_dynamic(model, {nn.Linear}, dtype=torch.qint8)


# Compact layers


def share_layers(layers):
    """Let all layers of a stack be its first one, in place (Dehghani et al. 2019; Lan et al. 2020): as many steps, fewer parameters."""
    for i in range(1, len(layers)):
        layers[i] = layers[0]
    return layers


@torch.no_grad()
def group_heads(attention, n_kv_heads):
    """Let neighbouring heads of a MultiHeadAttention share keys and values, each the mean of theirs (Ainslie et al. 2023, section 2.1).

    Returns a new layer with n_kv_heads of keys and values; with as many as before, it computes the same.
    """
    smaller = _attention_like(MultiHeadAttention, attention, n_kv_heads)
    if attention.n_kv_heads % n_kv_heads:
        raise ValueError(f"n_kv_heads is {n_kv_heads}, expected a divisor of the {attention.n_kv_heads} that the layer has")
    for name in ("q_proj", "o_proj"):
        getattr(smaller, name).load_state_dict(getattr(attention, name).state_dict())
    for name in ("k_proj", "v_proj"):
        for key, tensor in getattr(attention, name).state_dict().items():
            heads = tensor.unflatten(0, (n_kv_heads, attention.n_kv_heads // n_kv_heads, attention.d_head))
            getattr(getattr(smaller, name), key).copy_(heads.mean(1).flatten(0, 1))
    return smaller.train(attention.training)


def linear_attention(query, key, value, mask=None):
    """Attention whose cost grows with the number of tokens, not with its square (Katharopoulos et al. 2020, eq. 5).

    The weight of a key is φ(query) · φ(key) over the sum of these, with φ(x) = elu(x) + 1 in place of the softmax. So what all keys and
    values add up to is a matrix [d_k, d_v], the same for every query. query [..., n, d_k], key [..., m, d_k], value [..., m, d_v]; mask
    broadcastable to [..., 1, m], True = may be attended: every query sees the same keys. Returns output [..., n, d_v], zeros where no key
    may be attended. Raises ValueError for a mask that tells queries apart.
    """
    query, key = F.elu(query) + 1, F.elu(key) + 1
    if mask is not None:
        if mask.size(-2) != 1:
            raise ValueError(f"mask has shape {list(mask.shape)}, expected one row for all queries, [..., 1, {key.size(-2)}]")
        key = key * mask.transpose(-2, -1)
    total = query @ key.sum(-2).unsqueeze(-1)                                # [..., n, 1]
    return query @ (key.transpose(-2, -1) @ value) / total.clamp(min=torch.finfo(total.dtype).tiny)


class LinearAttention(MultiHeadAttention):
    """A MultiHeadAttention whose heads mix by linear_attention: same arguments, masks only for keys, no dropout of weights.

    Where its weights are asked for it forms the matrix [b, n_heads, n, m] that it otherwise saves.
    """

    def attend(self, query, keys, values, mask=None, *, need_weights=True):
        query = self._split_heads(self.q_proj(query))
        if self.n_kv_heads < self.n_heads:
            keys, values = (shared.repeat_interleave(self.n_heads // self.n_kv_heads, dim=1) for shared in (keys, values))
        heads, weights = linear_attention(query, keys, values, mask), None
        if need_weights:
            each = torch.eye(keys.size(2), dtype=keys.dtype, device=keys.device).expand(*keys.shape[:2], -1, -1)
            weights = linear_attention(query, keys, each, mask)
        return self.o_proj(heads.transpose(1, 2).flatten(2)), weights


def linearise(attention):
    """A LinearAttention with the projections of a MultiHeadAttention; its answers differ until it is trained."""
    linear = _attention_like(LinearAttention, attention, attention.n_kv_heads)
    linear.load_state_dict(attention.state_dict())
    return linear.train(attention.training)


def _named_maps(model, names):
    layers = maps_of(model)
    if names is None:
        return list(layers.items())
    if unknown := [name for name in names if name not in layers]:
        raise ValueError(f"names has {unknown[0]!r}, which is no linear map or convolution of the model")
    return [(name, layers[name]) for name in names]


def _replace(model, name, layer):
    parent, _, last = name.rpartition(".")
    setattr(model.get_submodule(parent), last, layer)


def _attention_like(kind, attention, n_kv_heads):
    """A new layer of a kind of MultiHeadAttention with the sizes of another."""
    return kind(
        attention.q_proj.in_features, attention.n_heads, n_kv_heads=n_kv_heads, d_key=attention.k_proj.in_features,
        d_value=attention.v_proj.in_features, d_head=attention.d_head, bias=attention.q_proj.bias is not None, dropout=attention.dropout,
    ).to(attention.q_proj.weight)


def _same_kind(layer, weight, bias):
    """A layer of the same kind with other numbers and therefore other sizes."""
    has_bias = bias is not None
    if isinstance(layer, nn.Linear):
        new = nn.Linear(weight.size(1), weight.size(0), bias=has_bias)
    else:
        new = nn.Conv2d(weight.size(1), weight.size(0), weight.shape[2:], layer.stride, layer.padding, bias=has_bias)
    new.weight = nn.Parameter(weight.detach().clone(memory_format=torch.preserve_format))
    if has_bias:
        new.bias = nn.Parameter(bias.detach().clone())
    return new.train(layer.training)


def _require_channels(into, out_of):
    if into.weight.size(0) != out_of.weight.size(1):
        raise ValueError(f"into has {into.weight.size(0)} outputs and out_of {out_of.weight.size(1)} inputs, expected as many of both")


def _largest_whole(bits):
    require_whole(at_least=2, bits=bits)
    if bits > 8:
        raise ValueError(f"bits is {bits}, expected 2 to 8")
    return 2 ** (bits - 1) - 1


def _require_finite(weight):
    if not weight.is_floating_point() or not weight.numel() or not weight.isfinite().all():
        raise ValueError(f"weight has shape {list(weight.shape)} and dtype {weight.dtype}, expected finite floating-point numbers")


def _require_product(inputs, weight):
    x, w = inputs.whole, weight.whole
    if x.dim() != 2 or w.dim() != 2 or x.size(1) != w.size(1) or inputs.scale.numel() != 1 or weight.zero.any():
        raise ValueError(f"inputs has whole {list(x.shape)} and {inputs.scale.numel()} scales, weight whole {list(w.shape)}: expected "
                         "[n, n_in] with one scale and [n_out, n_in] with zero 0")
