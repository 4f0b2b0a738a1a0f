"""Chapter 6's two models, the translator and the small DETR, made smaller in many ways and measured in one way."""

import functools
import math
import statistics
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

from book_lib import compression
from book_lib.attention import MultiHeadAttention
from book_lib.book.models import load_model
from book_lib.compressed_files import own_weights, save_compressed
from book_lib.data.scenes import make_scene, make_scenes, scene_batch
from book_lib.data.translation import encode_source, encode_target, make_pairs
from book_lib.detection.backbone import BasicBlock
from book_lib.detection.criterion import detr_loss
from book_lib.detection.detr import DETR
from book_lib.detection.evaluation import average_precision
from book_lib.experiments.detector_training import batches_of_one_size, train_detr, warm_then_cosine
from book_lib.experiments.heads import prune_heads
from book_lib.experiments.small_detectors import HELD_OUT_SEED, detect, load_detr
from book_lib.experiments.translator import load_translator, right_translations, without_padding
from book_lib.training import train, train_epochs
from book_lib.transformer import PAD, FeedForward

MODELS = ("translator", "detr")
HELD_OUT = 1000                                                              # sentences, or scenes
QUALITY = {"translator": "share of new sentences translated word for word", "detr": "AP"}
FINE_TUNING = {                                                              # a short one; lr as in each recipe's last part
    "translator": {"steps": 90, "batch": 64, "smoothing": 0.1, "lr": 1e-3},
    "detr": {"steps": 100, "batch": 16, "lr": 3e-4},
}
ATTENTION_KERNEL = {                                                         # torch's counter does not know the one for processors
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu:
        lambda query, key, value, *given, out_shape=None, **settings: sdpa_flop_count(query, key, value),
}


def load(name):
    """The shipped model of a name of MODELS, in evaluation mode."""
    if name not in MODELS:
        raise ValueError(f"name is {name!r}, expected one of {', '.join(MODELS)}")
    return load_translator()[0] if name == "translator" else load_detr()


def load_small(name):
    """The compressed model of a name of MODELS that comes with the book (recipes/NAME_small.py), in evaluation mode."""
    model = fold_batch_norms(load(name))
    model.load_state_dict(load_model(f"{name}_small")[0])
    return model.eval()


# What is done to a model. Each takes a model, changes it in place and returns it.


def attentions(model):
    """The attention layers of a model by name."""
    return {name: layer for name, layer in model.named_modules() if isinstance(layer, MultiHeadAttention)}


def loss_on_examples(model):
    """The training loss of a model on 64 training examples, without gradient: what head_scores looks at."""
    with torch.no_grad():
        if isinstance(model, DETR):
            images, mask, targets = _some_scenes()
            return detr_loss(model(images, mask), targets)[0].item()
        read, written = _some_sentences()
        logits = model(read, written[:, :-1])
        return F.cross_entropy(logits.flatten(0, 1), written[:, 1:].flatten(), ignore_index=PAD).item()


def head_scores(model, names=None):
    """What each head is needed for: how much the loss on examples rises where it alone is silent, {layer: [n_heads]}.

    names: of attention layers, all unless given.
    """
    whole, scores, layers = loss_on_examples(model), {}, attentions(model)
    for name in layers if names is None else names:
        layer = layers[name]
        scores[name] = []
        for head in range(layer.n_heads):
            kept = layer.o_proj.weight.detach().clone()
            compression.mask_heads(layer, [head])
            scores[name].append(loss_on_examples(model) - whole)
            layer.o_proj.weight.data.copy_(kept)
    return scores


def halve_heads(model, names=None):
    """Remove the half of each layer's heads whose absence, one by one, raises the loss least; names as in head_scores."""
    for name, scores in head_scores(model, names).items():
        least = sorted(range(len(scores)), key=lambda head, scores=scores: scores[head])[: len(scores) // 2]
        parent, _, last = name.rpartition(".")
        setattr(model.get_submodule(parent), last, prune_heads(model.get_submodule(name), least))
    return model


def halve_channels(model, share=0.5):
    """Remove channels inside the feed-forward networks, and inside the blocks of a backbone, those with the smallest scores."""
    for layer in model.modules():
        if isinstance(layer, FeedForward):
            kept = _best(compression.channel_scores(layer.linear1, layer.linear2), share)
            layer.linear1, layer.linear2 = compression.prune_channels(layer.linear1, layer.linear2, kept)
        elif isinstance(layer, BasicBlock):
            kept = _best(compression.channel_scores(layer.conv1, layer.conv2), share)
            layer.conv1, layer.conv2, layer.bn1 = compression.prune_channels(layer.conv1, layer.conv2, kept, layer.bn1)
    return _in_memory_order(model)


def prune(model, sparsity, names=None):
    """Magnitude pruning of each map to the same share of zeros; names as in compression.prune_weights."""
    return compression.prune_weights(model, lambda weight: compression.magnitude_mask(weight, sparsity), names)


def prune_two_of_four(model):
    """2:4 in every map whose rows are a multiple of four."""
    names = [name for name, layer in compression.maps_of(model).items() if layer.weight[0].numel() % 4 == 0]
    return compression.prune_weights(model, compression.n_of_m_mask, names)


def cut_rank(model, share):
    """Factorise every map to a share of its numbers, except the last ones, which answer."""
    heads = ("class_head", "box_head")
    names = [name for name in compression.maps_of(model) if not name.startswith(heads)]
    compression.factorise(model, share, names)
    return _in_memory_order(model)


def share_stacks(model):
    """Let each stack of layers be its first layer, again and again."""
    for stack in stacks(model):
        compression.share_layers(stack)
    return model


def drop_layers(model):
    """Keep the first half of each stack of layers, rounded up."""
    for stack in stacks(model):
        del stack[math.ceil(len(stack) / 2) :]
    return model


def share_keys(model, n_kv_heads=2):
    """Let the heads of each attention share keys and values in groups, as many as n_kv_heads."""
    for name, layer in attentions(model).items():
        parent, _, last = name.rpartition(".")
        setattr(model.get_submodule(parent), last, compression.group_heads(layer, n_kv_heads))
    return model


def linear_encoder(model):
    """Let the encoder's layers mix by linear attention; the decoder keeps its softmax, and its causal mask."""
    for layer in stacks(model)[0]:
        layer.self_attention = compression.linearise(layer.self_attention)
    return model


def fold_batch_norms(model):
    """Fold the batch norms of a SmallCNN into the convolutions before them; a model without any is returned as it is."""
    if not isinstance(model, DETR):
        return model
    stem = model.backbone.stem
    stem[0], stem[1] = compression.fold_batch_norm(stem[0], stem[1]), nn.Identity()
    for block in model.backbone.blocks:
        block.conv1, block.bn1 = compression.fold_batch_norm(block.conv1, block.bn1), nn.Identity()
        block.conv2, block.bn2 = compression.fold_batch_norm(block.conv2, block.bn2), nn.Identity()
    return _in_memory_order(model)


def round_matrices(model, change):
    """Fold what can be folded, then round every matrix that is stored rounded."""
    return compression.settle(compression.round_weights(fold_batch_norms(model), change))


def stacks(model):
    """The stacks of layers of a translator or a DETR: encoder, decoder."""
    return (model.encoder_layers, model.decoder_layers) if isinstance(model, DETR) else (model.encoder.layers, model.decoder.layers)


VARIANTS = {                                                                 # name: (what is done, how its matrices are stored)
    "original": (lambda model: model, "float32"),
    "pruned 50 %": (functools.partial(prune, sparsity=0.5), "sparse"),
    "pruned 75 %": (functools.partial(prune, sparsity=0.75), "sparse"),
    "pruned 90 %": (functools.partial(prune, sparsity=0.9), "sparse"),
    "2:4": (prune_two_of_four, "sparse"),
    "heads halved": (halve_heads, "float32"),
    "channels halved": (halve_channels, "float32"),
    "factorised to 1/2": (functools.partial(cut_rank, share=0.5), "float32"),
    "factorised to 1/4": (functools.partial(cut_rank, share=0.25), "float32"),
    "4 bits": (functools.partial(compression.round_weights, change=functools.partial(compression.rounded, bits=4)), "int4"),
    "layers shared": (share_stacks, "float32"),
    "keys shared in pairs": (share_keys, "float32"),
    "layers dropped": (drop_layers, "float32"),
    "layers dropped, channels halved": (lambda model: halve_channels(drop_layers(model)), "float32"),
}
FURTHER = {                                                                  # as VARIANTS: more designs, and combinations
    "linear attention": (linear_encoder, "float32"),
    "heads and channels halved": (lambda model: halve_channels(halve_heads(model)), "float32"),
    "channels halved, pruned 75 %": (lambda model: prune(halve_channels(model), 0.75), "sparse"),
    "channels halved, 4 bits": (
        lambda model: compression.round_weights(halve_channels(model), functools.partial(compression.rounded, bits=4)), "int4"),
}
AFTER = {                                                                    # done after a variant, without training
    "int8": (functools.partial(round_matrices, change=compression.rounded), "int8"),
    "int8, one scale": (
        functools.partial(round_matrices, change=functools.partial(compression.rounded, per_channel=False)), "int8, one scale"),
    "4-bit codebook": (functools.partial(round_matrices, change=compression.clustered), "codebook4"),
    "int8 without zeros": (functools.partial(round_matrices, change=compression.rounded), "sparse int8"),
    "int4": (functools.partial(round_matrices, change=functools.partial(compression.rounded, bits=4)), "int4"),
    "int4 without zeros": (functools.partial(round_matrices, change=functools.partial(compression.rounded, bits=4)), "sparse int4"),
}


def variant(name, change):
    """The model of a name of MODELS after a change of VARIANTS or FURTHER, not trained since."""
    return _known(VARIANTS | FURTHER, change)[0](load(name))


def fine_tune(name, model, *, seed=0, teacher=None, **settings):
    """Train a variant a little further, in place, on the data its original was trained on; by a teacher's answers, too, where one is given.

    The rate falls along a cosine. settings change FINE_TUNING. Returns the losses.
    """
    settings = FINE_TUNING[name] | settings
    return (_fine_tune_translator if name == "translator" else _fine_tune_detr)(model, seed=seed, teacher=teacher, **settings)


def _fine_tune_translator(model, *, lr, seed, teacher, steps, batch, smoothing, temperature=2.0, soft_share=0.5, warm=20):
    pairs = _training_pairs()
    source, target = encode_source([pair.source for pair in pairs]), encode_target([pair.target for pair in pairs])

    def make_batch(generator):
        rows = torch.randint(len(source), (batch,), generator=generator)
        return without_padding(source[rows]), without_padding(target[rows])

    def loss(model, sentences):
        read, written = sentences
        logits, wanted = model(read, written[:, :-1]).flatten(0, 1), written[:, 1:].flatten()
        if teacher is None:
            return F.cross_entropy(logits, wanted, ignore_index=PAD, label_smoothing=smoothing)
        with torch.no_grad():
            theirs = teacher.to(read.device)(read, written[:, :-1]).flatten(0, 1)
        return compression.distillation_loss(logits, theirs, wanted, temperature=temperature, soft_share=soft_share, ignore_index=PAD)

    def rate(step):
        return lr * min(1.0, step / warm) * 0.5 * (1 + math.cos(math.pi * step / steps))

    return train(model, make_batch, loss, steps=steps, lr=rate, betas=(0.9, 0.98), seed=seed)


def _fine_tune_detr(model, *, lr, seed, teacher, steps, batch, epochs=1, scenes=None, temperature=2.0, soft_share=0.5):
    """Each query of a student learns from the same query of its teacher: no matching is needed there.

    scenes: how many different ones there are, as many as are drawn unless given; epochs: into how many equal parts the steps are divided.
    """
    scenes, drawn = _training_scenes(steps * batch if scenes is None else scenes), steps // epochs * batch
    if teacher is None:
        log = train_detr(model, scenes, seed=seed + 10, epochs=epochs, scenes_an_epoch=drawn, batch=batch, top_rate=lr, any_padding=True)
        return [entry["loss"] for entry in log]

    def loss(model, examples):
        images, mask, targets = examples
        ours = model(images, mask)
        with torch.no_grad():
            theirs = teacher.to(images.device)(images, mask)
        hard, terms = detr_loss(ours, targets)
        return (1 - soft_share) * hard + soft_share * detr_distillation_loss(ours, theirs, temperature=temperature), terms

    log = train_epochs(model, batches_of_one_size(scenes, batch, drawn), loss, epochs=epochs, lr=warm_then_cosine(lr), seed=seed + 10,
                       weight_decay=1e-4, max_grad_norm=0.1)
    return [entry["loss"] for entry in log]


def detr_distillation_loss(student, teacher, *, temperature=2.0):
    """How far a student's answers are from those of its teacher's last layer, query by query, added up over the student's layers.

    Classes: temperature² times the divergence of the softened distributions; boxes: L1, weighed by the teacher's probability of an object.
    """
    logits, boxes = teacher.logits[-1], teacher.boxes[-1]
    target, is_object = (logits / temperature).log_softmax(-1).flatten(0, 1), 1 - logits.softmax(-1)[..., -1]
    total = 0.0
    for ours, box in zip(student.logits, student.boxes, strict=True):
        classes = F.kl_div((ours / temperature).log_softmax(-1).flatten(0, 1), target, reduction="batchmean", log_target=True)
        total = total + temperature**2 * classes + 5 * ((box - boxes).abs().sum(-1) * is_object).sum() / is_object.sum()
    return total


# One part alone


SCANNED = {                                                                  # what is done to the matrices of one part alone
    "pruned": lambda model, names: prune(model, 0.75, names),
    "low rank": lambda model, names: compression.factorise(model, 0.5, names),
    "3 bits": lambda model, names: compression.round_weights(model, functools.partial(compression.rounded, bits=3), names),
}


def parts_of(name):
    """The parts of a model that are compressed alone, {name: layer}: each attention, feed-forward network, block or other map."""
    model = load(name)
    large = {part: layer for part, layer in model.named_modules() if isinstance(layer, MultiHeadAttention | FeedForward | BasicBlock)}
    return {part: layer for part, layer in model.named_modules() if part in large or (
        isinstance(layer, nn.Linear | nn.Conv2d) and not any(part.startswith(f"{one}.") for one in large))}


def quality_of_part(name, part, examples):
    """The quality of a model on examples after each method that suits a part of parts_of, applied to it alone."""
    kind, found = type(parts_of(name)[part]), {}
    changes = dict(SCANNED)
    if kind is MultiHeadAttention:
        changes["heads halved"] = lambda model, names: halve_heads(model, [part])
    elif kind in (FeedForward, BasicBlock):
        changes["channels halved"] = lambda model, names: halve_channels(model.get_submodule(part))
    for method, change in changes.items():
        model = load(name)
        change(model, [one for one in compression.maps_of(model) if one == part or one.startswith(f"{part}.")])
        found[method] = round(quality(name, model, examples=examples), 4)
    return found


# Measuring


class Measures(NamedTuple):
    """What a model costs and what it is worth: bytes of its file, parameters, multiplications of one answer, quality from 0 to 1."""

    bytes: int
    parameters: int
    multiplications: int
    quality: float


def measure(name, model, kind="float32", *, examples=None):
    """Measure a model of a name of MODELS in evaluation mode. kind: how its matrices are stored. examples: how many held-out ones.

    A rounded file holds DETR's object queries rounded as well, which the quality here does not know of. On 1000 scenes that is an AP of
    0.7746 instead of 0.7748 in int8, and of 0.5681 instead of 0.5694 in 4 bits.
    """
    model.eval()
    return Measures(file_bytes(model, kind), sum(p.numel() for p in model.parameters()), multiplications(name, model),
                    quality(name, model, examples=examples))


def file_bytes(model, kind="float32"):
    """The size of a model's file, written for this purpose and thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        return save_compressed(Path(folder) / "weights.safetensors", own_weights(model), kind)


def quality(name, model, *, examples=None):
    """How good a model is on held-out data, as QUALITY says: on HELD_OUT examples unless told otherwise."""
    examples = HELD_OUT if examples is None else examples
    if name == "translator":
        return right_translations(model, _held_out_pairs()[:examples]).float().mean().item()
    scenes = _held_out_scenes()[:examples]
    return average_precision(detect(model, scenes), scenes)["AP"]


def one_answer(name):
    """One answer as a function of the model: a scene of 96 x 96 px, or a sentence, translated word by word with a cache.

    The words of the translation are given, so that every model has the same work to do.
    """
    if name == "detr":
        images, _, _ = scene_batch([make_scene(HELD_OUT_SEED, size=(96, 96))])
        return lambda model: model(images)
    pair = _held_out_pairs()[0]
    source, target = encode_source([pair.source]), encode_target([pair.target])

    def answer(model):
        memory, is_word, _ = model.encode(source, need_weights=False)
        cache = model.new_cache()
        for n in range(1, target.size(1)):
            logits = model.decode_cached(target[:, :n], memory, cache, is_word, need_weights=False)[0]
        return logits

    return answer


@torch.no_grad()
def multiplications(name, model):
    """Count the multiplications of all matrix products of one answer, zeros included; also of those inside torch's attention kernel."""
    answer = one_answer(name)
    with FlopCounterMode(display=False, custom_mapping=ATTENTION_KERNEL) as counter:
        answer(model)
    return counter.get_total_flops() // 2


@torch.no_grad()
def times_as_fast(name, model, original, *, least=100):
    """How long one answer takes a model, as a share of what it takes the original: the median over many turns of one and the other.

    Processor time of this process, on the threads torch has; the turns alternate, so that what slows the machine slows both.
    """
    answer, ratios = one_answer(name), []
    for turn in range(least + 10):
        times = []
        for each in (model, original):
            start = time.process_time()
            answer(each)
            times.append(time.process_time() - start)
        if turn >= 10:                                                       # the first turns warm up
            ratios.append(times[0] / times[1])
    return statistics.median(ratios)


@functools.cache
def _training_pairs():
    return make_pairs(60_000, seed=1)


@functools.cache
def _training_scenes(n):
    return make_scenes(n)


@functools.cache
def _held_out_pairs():
    return make_pairs(1000, seed=2, split="test")


@functools.cache
def _held_out_scenes():
    return make_scenes(1000, seed=HELD_OUT_SEED)


@functools.cache
def _some_scenes():
    return scene_batch(make_scenes(64))


@functools.cache
def _some_sentences():
    pairs = make_pairs(64, seed=1)
    return encode_source([pair.source for pair in pairs]), encode_target([pair.target for pair in pairs])


def _best(scores, share):
    return scores.argsort(descending=True, stable=True)[: max(1, round(share * len(scores)))].tolist()


def _in_memory_order(model):
    """Convolutions laid out as the backbone's are, which is faster."""
    return model.to(memory_format=torch.channels_last) if isinstance(model, DETR) else model


def _known(table, name):
    if name not in table:
        raise ValueError(f"change is {name!r}, expected one of {', '.join(table)}")
    return table[name]
