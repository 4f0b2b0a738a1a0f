"""make bench: time the book's layers beside torch's, print a table and store it in benchmarks/results.json.

`python -m benchmarks --only NAME` times the rows of that name anew; in the stored table, those of other names stay.
"""

import argparse
import itertools
import json
import platform
import statistics
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.assigner_loops import fcos_loop, max_iou_loop
from benchmarks.sampling_ways import WAYS
from book_lib.attention import MultiHeadAttention, causal_mask, scaled_dot_product_attention
from book_lib.checkpoints import detr_from_transformers, multihead_from_torch, transformer_from_torch
from book_lib.compression import torch_int8
from book_lib.detection.assigners.fcos import fcos
from book_lib.detection.assigners.max_iou import RETINANET, max_iou
from book_lib.detection.backbone import ResNet, SmallCNN
from book_lib.detection.deformable import DeformableDETR, pixel_centres
from book_lib.detection.deformable_attention import DeformableAttention, deformable_attention
from book_lib.detection.detr import DETR
from book_lib.detection.matching import match
from book_lib.detection.priors import anchor_shapes, make_anchors
from book_lib.detection.pyramid import STRIDES, PyramidDetector
from book_lib.sequence import Conv1dLayer, RNNLayer
from book_lib.transformer import END, DecoderLayer, EncoderLayer, FeedForward, Transformer, greedy_decode
from book_lib.vision.igpt import IGPT, complete
from book_lib.vision.vit import SIZES, ViT
from book_lib.vision_checkpoints import igpt_to_transformers, vit_from_transformers

RESULTS = Path(__file__).with_name("results.json")
THREADS = 1                                                                  # so that processor time is the time one waits
TOKENS, FEW = 2048, 32                                                       # in a batch, however long its sequences; of the shortest ones
FORWARD, INFERENCE, TRAINING = "forward", "forward without gradient", "forward and backward"


def main(arguments=None):
    torch.set_num_threads(THREADS)
    options = parse(arguments)
    rows = []
    least, seconds = (2, 0) if options.quick else (15, 2)
    for name, reference, passes, mask, ours, theirs, inputs in pairs((4, 8) if options.quick else (64, 512, 2048)):
        for way in passes if options.only in (None, name) else ():
            setting = ", ".join(filter(None, [shape_in_words(inputs), mask, way]))
            rows.append(measure(name, reference, setting, timed(ours, inputs, way), timed(theirs, inputs, way), least, seconds))
            print(as_line(rows[-1]), flush=True)
    if options.only and not rows:
        raise SystemExit(f"no row is named {options.only!r}")
    if options.output:
        table = {"versions": versions(), "rows": renewed(options.stored["rows"], rows) if options.stored else rows}
        options.output.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


def renewed(stored, rows):
    """The stored rows, but for those that have the name of the new ones, which stand where the first of these did."""
    name = rows[0]["name"]
    first = next((i for i, row in enumerate(stored) if row["name"] == name), len(stored))
    others = [row for row in stored if row["name"] != name]
    return [*others[:first], *rows, *others[first:]]


def pairs(lengths):
    """Yield (name, reference, passes, mask in words, our layer, their layer, inputs) for everything that is timed."""
    every, trained = (FORWARD, INFERENCE, TRAINING), (INFERENCE, TRAINING)
    for n in lengths:
        inputs = tokens(n, 256)
        theirs = nn.MultiheadAttention(256, 8, batch_first=True).eval()         # eval: lets torch take its fast path
        ours = MultiHeadAttention(256, 8)
        ours.load_state_dict(multihead_from_torch(theirs))
        mask = causal_mask(n)
        name, reference = "MultiHeadAttention", "torch.nn.MultiheadAttention, weights returned"
        yield name, reference, every, None, ours, multihead(theirs), inputs
        yield name, reference, every, "causal mask", lambda x, f=ours, m=mask: f(x, mask=m), multihead(theirs, attn_mask=~mask), inputs
    for n in lengths:
        inputs = tokens(n, 256).unflatten(2, (8, 32)).transpose(1, 2).contiguous()
        yield ("scaled_dot_product_attention", "torch's, which returns no weights", trained, None,
               lambda x: scaled_dot_product_attention(x, x, x), lambda x: F.scaled_dot_product_attention(x, x, x), inputs)
    for n, dropout in itertools.product(lengths, (0.1, 0.0)):
        yield from transformer_layers(n, dropout)
    yield matching()
    yield from assignment(*((10, (64, 96)) if lengths[-1] < 64 else (100, (960, 1016))))
    yield detector(*((64, 96, (1, 1, 1, 1), 16) if lengths[-1] < 64 else (480, 640, (3, 4, 6, 3), 64)))
    yield from sampling((64, 96) if lengths[-1] < 64 else (480, 640))
    yield deformable_detector(*((64, 96, (1, 1, 1, 1), 16) if lengths[-1] < 64 else (480, 640, (3, 4, 6, 3), 64)))
    for side in (64,) if lengths[-1] < 64 else (64, 128, 256, 512):
        yield few_places_or_all(side)
    yield cached_decoding(max(4, min(lengths[-1], 128)))
    yield from drawn_pixels(min(lengths[-1], 64))
    yield patches_named(*((64, {"d_model": 64, "n_heads": 4, "d_ff": 128, "n_layers": 1}) if lengths[-1] < 64 else (224, {})))
    for width, n in itertools.product((128, 1024), (1, 256)):
        yield int8_kernels(width, n)
    for n in lengths:
        yield "RNNLayer", "torch.nn.RNN", trained, None, RNNLayer(64, 64), nn.RNN(64, 64, batch_first=True), tokens(n, 64)
    for n in lengths:
        convolution = nn.Conv1d(64, 64, 5, padding="same")
        yield ("Conv1dLayer", "torch.nn.Conv1d", trained, "kernel size 5", Conv1dLayer(64, 64, 5),
               lambda x, f=convolution: f(x.transpose(1, 2)).transpose(1, 2), tokens(n, 64))


def transformer_layers(n, dropout):
    """Both layers in training mode, width 256, 8 heads, feed-forward 1024, post-norm, no weights; the source is as long as the target."""
    inputs, mask, sizes = tokens(n, 256), causal_mask(n), (256, 8, 1024)
    settings = {"dropout": dropout, "batch_first": True}
    encoders = EncoderLayer(*sizes, dropout=dropout), nn.TransformerEncoderLayer(*sizes, **settings)
    decoders = DecoderLayer(*sizes, dropout=dropout), nn.TransformerDecoderLayer(*sizes, **settings)
    for ours, theirs in (encoders, decoders):
        ours.load_state_dict(transformer_from_torch(theirs))
    in_words = f"dropout {dropout}"
    yield ("EncoderLayer", "torch.nn.TransformerEncoderLayer", (TRAINING,), in_words,
           lambda x, f=encoders[0]: f(x, need_weights=False), encoders[1], inputs)
    ours, theirs = decoders
    yield ("DecoderLayer", "torch.nn.TransformerDecoderLayer", (TRAINING,), f"causal mask, {in_words}",
           lambda x: ours(x, x, mask, need_weights=False), lambda x: theirs(x, x, tgt_mask=~mask), inputs)


def matching():
    """The cheapest pairs for 16 pictures with 1 to 20 objects each, 100 queries, 91 classes."""
    from transformers.loss.loss_for_object_detection import HungarianMatcher  # slow to import

    generator = torch.Generator().manual_seed(0)
    logits, boxes = torch.randn(16, 100, 92, generator=generator), torch.rand(16, 100, 4, generator=generator)
    targets = [{"labels": torch.randint(91, (n,), generator=generator), "boxes": 0.2 + 0.2 * torch.rand(n, 4, generator=generator)}
               for n in torch.randint(1, 21, (16,), generator=generator).tolist()]
    renamed = [{"class_labels": target["labels"], "boxes": target["boxes"]} for target in targets]
    matcher = HungarianMatcher(class_cost=1, bbox_cost=5, giou_cost=2)
    return ("match", "transformers' matcher of DETR", (INFERENCE,), "1 to 20 objects", lambda x: match(x, boxes, targets),
            lambda x: matcher({"logits": x, "pred_boxes": boxes}, renamed), logits)


def assignment(n_objects, size):
    """Two rules of label assignment on one large picture, against a plain loop, and against a training step of a small detector on it."""
    generator = torch.Generator().manual_seed(0)
    sides = 0.02 + 0.3 * torch.rand(n_objects, 2, generator=generator)
    target = {"labels": torch.zeros(n_objects, dtype=torch.int64),
              "boxes": torch.cat((sides / 2 + (1 - sides) * torch.rand(n_objects, 2, generator=generator), sides), dim=1)}
    priors, ranges = make_anchors(size, STRIDES, [anchor_shapes(4 * stride) for stride in STRIDES]), [(-1, 64), (64, 128), (128, 1e8)]
    model, setting = PyramidDetector(SmallCNN(), n_classes=1), f"{n_objects} objects, {len(priors)} priors"
    picture = torch.rand(1, 3, *size, generator=generator)
    rules = ((max_iou, RETINANET, max_iou_loop, {"thresholds": (0.4, 0.5)}),
             (fcos, {"ranges": ranges}, fcos_loop, {"ranges": ranges, "radius": 1.5}))

    def step(x):
        loss = sum(answers.square().mean() for answers in model(x, priors) if answers is not None)
        loss.backward()
        return loss

    for method, settings, loop, in_loop in rules:
        def ours(x, method=method, settings=settings):
            return method(target, priors, n_classes=1, **settings).objects

        yield (method.__name__, "the same rule as a plain loop", (INFERENCE,), setting, ours,
               lambda x, loop=loop, in_loop=in_loop: loop(target, priors, **in_loop), picture)
        yield method.__name__, "one training step of PyramidDetector", (FORWARD,), setting, ours, step, picture


def detector(height, width, blocks, channels):
    """DETR as published, but for the size of its backbone: answers for one picture, and the gradients of all its parameters."""
    from transformers import DetrConfig, DetrForObjectDetection, ResNetConfig  # slow to import

    sizes = [4 * channels << stage for stage in range(4)]
    backbone = ResNetConfig(embedding_size=channels, hidden_sizes=sizes, depths=list(blocks), out_features=["stage4"])
    config = DetrConfig(backbone_config=backbone, use_timm_backbone=False, num_labels=91)
    theirs = DetrForObjectDetection(config).eval().requires_grad_(True)
    ours = DETR(ResNet(blocks, channels), n_classes=91).eval()
    ours.load_state_dict(detr_from_transformers(theirs.state_dict()))

    def their_answer(x):
        output = theirs(x)
        return torch.cat((output.logits, output.pred_boxes), dim=-1)

    picture = torch.randn(1, 3, height, width, generator=torch.Generator().manual_seed(0))
    return ("DETR", "transformers' DetrForObjectDetection", (INFERENCE, TRAINING), "ResNet-50, 41.5 million parameters",
            lambda x: torch.cat([answer[-1] for answer in ours(x)], dim=-1), their_answer, picture)


def sampling(size):
    """The core of Deformable DETR's attention at the sizes of its base model: all pixels of four levels, then 300 object queries.

    Ours against that of transformers, and against other ways to compute the same.
    """
    from transformers.models.deformable_detr.modeling_deformable_detr import MultiScaleDeformableAttention  # slow to import

    generator, shapes = torch.Generator().manual_seed(0), four_levels(*size)
    sizes, theirs = torch.tensor([(w, h) for h, w in shapes])[:, None], MultiScaleDeformableAttention()
    pixels = pixel_centres(shapes, torch.ones(1, 4, 2))[:, :, None, None, None] + 3 * normal((8, 4, 4, 2), generator) / sizes
    anywhere = torch.rand(1, 300, 8, 4, 4, 2, generator=generator)
    maps = normal((1, pixels.size(1), 256), generator)
    for who, places in (("every pixel", pixels.contiguous()), ("300 queries", anywhere)):
        weights = normal(places.shape[:4] + (4,), generator).flatten(3).softmax(-1).view(places.shape[:-1])
        rest = places.requires_grad_(), weights.requires_grad_()

        def by(way, rest=rest):
            return lambda x: way(x.unflatten(2, (8, 32)), shapes, *rest)

        yield ("deformable_attention", "transformers' MultiScaleDeformableAttention", (INFERENCE, TRAINING), who, by(deformable_attention),
               lambda x, rest=rest: theirs(x.unflatten(2, (8, 32)), None, shapes, None, *rest, 64), maps)
        for words, way in WAYS.items():
            yield ("deformable_attention", f"the same by {words}", (INFERENCE, TRAINING), who, by(deformable_attention), by(way), maps)


def deformable_detector(height, width, blocks, channels):
    """Deformable DETR as published, but for the size of its backbone, as in detector."""
    from transformers import DeformableDetrConfig, DeformableDetrForObjectDetection, ResNetConfig  # slow to import

    sizes = [4 * channels << stage for stage in range(4)]
    backbone = ResNetConfig(embedding_size=channels, hidden_sizes=sizes, depths=list(blocks), out_features=["stage2", "stage3", "stage4"])
    config = DeformableDetrConfig(backbone_config=backbone, use_timm_backbone=False, num_labels=91, disable_custom_kernels=True)
    theirs = DeformableDetrForObjectDetection(config).eval().requires_grad_(True)
    ours = DeformableDETR(ResNet(blocks, channels), n_classes=91).eval()

    def their_answer(x):
        output = theirs(x)
        return torch.cat((output.logits, output.pred_boxes), dim=-1)

    picture = torch.randn(1, 3, height, width, generator=torch.Generator().manual_seed(0))
    return ("DeformableDETR", "transformers' DeformableDetrForObjectDetection", (INFERENCE, TRAINING), "ResNet-50, 40.1 million parameters",
            lambda x: torch.cat([answer[-1] for answer in ours(x)[:2]], dim=-1), their_answer, picture)


def few_places_or_all(side):
    """Self-attention of all pixels of four levels of a picture: 16 places for each head, or all pixels, which never stores the weights."""
    shapes = four_levels(side, side)
    centres = pixel_centres(shapes, torch.ones(1, 4, 2))
    few, every = DeformableAttention(256, 8), MultiHeadAttention(256, 8)
    maps = normal((1, centres.size(1), 256), torch.Generator().manual_seed(0))
    return ("DeformableAttention", "MultiHeadAttention over the same pixels", (INFERENCE, TRAINING), f"levels of {side} × {side} px",
            lambda x: few(x, centres[:, :, None].expand(-1, -1, 4, -1), x, shapes), lambda x: every(x, need_weights=False), maps)


def four_levels(height, width):
    """The shapes of the maps at strides 8, 16, 32 and 64."""
    return [(-(-height // stride), -(-width // stride)) for stride in (8, 16, 32, 64)]


def normal(shape, generator):
    return torch.randn(shape, generator=generator)


def int8_kernels(width, n):
    """A feed-forward network at batch 1 on torch's whole-number kernels, which round its inputs as it runs, against itself in float32."""
    layer = FeedForward(width, 4 * width).eval()
    return "FeedForward, int8", "the same in float32", (INFERENCE,), f"d_model {width}", torch_int8(layer), layer, tokens(n, width)[:1]


def cached_decoding(length):
    """Writing so many words with the keys and values remembered, against computing them again for every word."""
    model = Transformer(100, 100, d_model=256, n_heads=8, d_ff=1024, n_layers=3).eval()
    nn.init.zeros_(model.target_embedding.weight[END])                       # some other word is always likelier: nothing ends early
    source = torch.randint(3, 100, (1, length), generator=torch.Generator().manual_seed(0))

    def decode(use_cache):
        return lambda x: greedy_decode(model, source, max_length=length, use_cache=use_cache)

    return "greedy_decode, cached", "greedy_decode without a cache", (INFERENCE,), None, decode(True), decode(False), tokens(length, 1)[:1]


def drawn_pixels(n):
    """Drawing pictures of n pixels by iGPT, 4 at once: with keys and values remembered, against without, and against transformers' way."""
    from transformers import ImageGPTConfig, ImageGPTForCausalImageModeling  # slow to import

    ours = IGPT(n_colours=64, n_pixels=n, d_model=256, n_heads=8, n_layers=4).eval()
    theirs = ImageGPTForCausalImageModeling(ImageGPTConfig(vocab_size=65, n_positions=n, n_embd=256, n_head=8, n_layer=4)).eval()
    theirs.load_state_dict(igpt_to_transformers(ours.state_dict()), strict=False)
    inputs, nothing, start = torch.zeros(4, n, 1), torch.zeros(4, 0, dtype=torch.int64), torch.full((4, 1), 64)

    def draw(use_cache):
        return lambda x: complete(ours, nothing, generator=torch.Generator().manual_seed(0), use_cache=use_cache)

    def generate(x):
        return theirs.generate(start, attention_mask=torch.ones_like(start), max_new_tokens=n, do_sample=True, top_k=0)

    yield "complete, cached", "complete without a cache", (INFERENCE,), None, draw(True), draw(False), inputs
    yield "complete, cached", "generate of transformers' ImageGPT", (INFERENCE,), None, draw(True), generate, inputs


def patches_named(side, smaller):
    """ViT-B/16, answers for one picture and the gradients of all its parameters; both by torch's attention, which stores no weights."""
    from transformers import ViTConfig, ViTForImageClassification  # slow to import

    sizes = SIZES["B/16"] | smaller
    config = ViTConfig(hidden_size=sizes["d_model"], num_hidden_layers=sizes["n_layers"], num_attention_heads=sizes["n_heads"],
                       intermediate_size=sizes["d_ff"], image_size=side, patch_size=16, num_labels=1000, attn_implementation="sdpa")
    theirs = ViTForImageClassification(config).eval().requires_grad_(True)
    ours = ViT(image_size=side, n_classes=1000, eps=config.layer_norm_eps, **sizes).eval()
    ours.load_state_dict(vit_from_transformers(theirs.state_dict(), ours))
    picture = torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(0))
    return ("ViT", "transformers' ViTForImageClassification", (INFERENCE, TRAINING), "B/16, 86.6 million parameters", ours,
            lambda x: theirs(x).logits, picture)


def tokens(n, width):
    return torch.randn(max(1, (TOKENS if n >= 64 else FEW) // n), n, width, generator=torch.Generator().manual_seed(0))


def multihead(module, **masks):
    return lambda x: module(x, x, x, need_weights=True, average_attn_weights=False, **masks)


def shape_in_words(inputs):
    n, batch = inputs.size(-2), inputs.size(0)
    return f"{n} × {inputs.size(-1)} px, batch {batch}" if inputs.dim() == 4 and inputs.size(1) == 3 else f"n = {n}, batch {batch}"


def timed(layer, inputs, way):
    """Return a function that runs the layer once in the given way and returns the milliseconds of processor time it took."""
    inputs = inputs.clone().requires_grad_(way != INFERENCE)

    def run():
        start = time.process_time()
        with torch.set_grad_enabled(way != INFERENCE):
            result = layer(inputs)
            output = result[0] if isinstance(result, tuple) else result
        if way == TRAINING:
            output.sum().backward()
        return 1000 * (time.process_time() - start)

    return run


def measure(name, reference, setting, ours, theirs, least, seconds):
    """Run both in turn, at least so many times and for about so many seconds, and compare their medians."""
    pair = (ours, theirs)
    once = sum(run() for run in pair) + sum(run() for run in pair)
    repeats = max(least, min(300, int(2000 * seconds / once)))
    times = ([], [])
    for turn in range(repeats):
        for which in (0, 1) if turn % 2 == 0 else (1, 0):
            times[which].append(pair[which]())
    ours_ms, reference_ms = map(statistics.median, times)
    return {"name": name, "setting": setting, "ours_ms": round(ours_ms, 3), "reference_ms": round(reference_ms, 3),
            "ratio": round(ours_ms / reference_ms, 3), "reference": reference}


def as_line(row):
    times = f"{row['ours_ms']:9.2f} ms {row['reference_ms']:9.2f} ms   ratio {row['ratio']:.2f}"
    return f"{row['name']:<29} {row['setting']:<58} {times}   {row['reference']}"


def versions():
    return {"Python": platform.python_version(), "torch": torch.__version__.split("+")[0], "threads": str(torch.get_num_threads())}


def parse(arguments):
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short sequences and few repeats; stores nothing by itself")
    parser.add_argument("--only", metavar="NAME", help="time the rows of this name alone; other rows that are stored stay")
    parser.add_argument("--output", type=Path, help="where to store the table (default: benchmarks/results.json; nowhere with --quick)")
    options = parser.parse_args(arguments)
    options.output = options.output or (None if options.quick else RESULTS)
    if options.output and not options.output.parent.is_dir():
        parser.error(f"--output {options.output}: there is no folder {options.output.parent}")
    stored = options.only and options.output and options.output.exists()
    options.stored = json.loads(options.output.read_text(encoding="utf-8")) if stored else None
    if options.stored and options.stored["versions"] != versions():
        parser.error(f"--only: {options.output} was measured with other versions, {options.stored['versions']}; measure all")
    return options


if __name__ == "__main__":
    sys.exit(main())
