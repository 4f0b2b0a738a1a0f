"""DETR against transformers' DetrForObjectDetection: every layer's answers, the matching, every term of the loss, all gradients."""

import pytest
import torch
from detr_oracle import answers_by_layer, detr_of_transformers, loss_of_transformers, targets, transformers_names

from book_lib.book.parity import largest_error
from book_lib.checkpoints import detr_from_official, detr_to_official, multihead_from_torch, official_detr_shapes
from book_lib.detection.backbone import ResNet
from book_lib.detection.criterion import detr_loss
from book_lib.detection.detr import DETR, DetrDecoderLayer, DetrEncoderLayer
from book_lib.detection.matching import match

BLOCKS, WIDTH = (1, 2, 1, 1), 8
SIZES = {"n_classes": 5, "n_queries": 7, "d_model": 32, "n_heads": 4, "d_ff": 64, "n_encoder_layers": 2, "n_decoder_layers": 3}
LIMITS = {torch.float32: {"logits": 2e-5, "boxes": 5e-6, "loss": 1e-5, "gradient": 2e-5},
          torch.float64: {"logits": 1e-12, "boxes": 1e-13, "loss": 1e-12, "gradient": 1e-11}}
TERMS = {"classes": "loss_ce", "boxes": "loss_bbox", "giou": "loss_giou"}

every_precision = pytest.mark.parametrize("dtype", LIMITS)
every_batch = pytest.mark.parametrize("padded", [False, True])


def shaken(model, seed=0):
    """Random biases, gains and statistics, so that no 0 or 1 of the initialisation hides a mistake."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            noise = torch.randn(tensor.shape, generator=generator)
            if "running_var" in name:
                tensor.copy_(0.5 + torch.rand(tensor.shape, generator=generator))
            elif tensor.dim() == 1:
                tensor += 0.1 * noise
            elif "backbone" not in name:
                tensor += (0.5 if "q_proj" in name or "k_proj" in name else 0.2) * noise         # so that queries differ in where they look
    return model


@pytest.fixture(scope="module", params=LIMITS, ids=str)
def pair(request):
    """A small DETR with random weights, and transformers' with the same."""
    torch.manual_seed(0)
    ours = shaken(DETR(ResNet(BLOCKS, WIDTH).freeze_stem(), **SIZES)).eval().to(request.param)
    theirs = detr_of_transformers(ours, BLOCKS, WIDTH)
    before = torch.get_default_dtype()
    torch.set_default_dtype(request.param)                       # position codes come in it
    yield ours, theirs, request.param
    torch.set_default_dtype(before)


def pictures(dtype, padded):
    images = torch.randn(2, 3, 160, 224, generator=torch.Generator().manual_seed(1), dtype=torch.float64).to(dtype)
    mask = torch.ones(2, 160, 224, dtype=torch.bool)
    if padded:
        mask[0, :, 150:], mask[1, 100:] = False, False
        images = images * mask[:, None]
    return images, mask


@every_batch
def test_answers_of_every_layer(pair, padded):
    ours, theirs, dtype = pair
    images, mask = pictures(dtype, padded)
    with torch.no_grad():
        output, (logits, boxes) = ours(images, mask), answers_by_layer(theirs, images, mask)
        mapped, _ = ours.attention(images, mask)
    assert logits[-1].std(1).mean() > 0.01 and boxes[-1].std(1).mean() > 0.002   # queries do answer differently
    for answer in (output, mapped):
        assert (answer.logits - logits).abs().max() <= LIMITS[dtype]["logits"]
        assert (answer.boxes - boxes).abs().max() <= LIMITS[dtype]["boxes"]


@pytest.mark.parametrize("counts", [(3, 2), (0, 4), (0, 0), (9, 1)])
def test_pairs_terms_and_total_of_the_loss(pair, counts):
    from transformers.loss.loss_for_object_detection import HungarianMatcher

    ours, _, dtype = pair
    wanted = targets(dtype, counts)
    with torch.no_grad():
        output = ours(*pictures(dtype, True))
    total, terms = detr_loss(output, wanted)
    expected, expected_terms = loss_of_transformers(*output, wanted)
    assert total.item() == pytest.approx(expected.item(), rel=LIMITS[dtype]["loss"])
    assert len(terms) == len(expected_terms) == 9
    for name, value in terms.items():
        kind, _, layer = name.partition("_")
        theirs = expected_terms[TERMS[kind] + (f"_{layer}" if layer else "")].item()
        assert value.item() == pytest.approx(theirs, rel=LIMITS[dtype]["loss"], abs=1e-12), name
    labels = [{"class_labels": target["labels"], "boxes": target["boxes"]} for target in wanted]
    matcher = HungarianMatcher(class_cost=1, bbox_cost=5, giou_cost=2)
    for logits, boxes in zip(*output, strict=True):
        found = [[part.tolist() for part in pair] for pair in match(logits, boxes, wanted)]
        assert found == [[part.tolist() for part in pair] for pair in matcher({"logits": logits, "pred_boxes": boxes}, labels)]


@every_batch
def test_gradients_of_the_whole_loss(pair, padded):
    ours, theirs, dtype = pair
    images, mask = pictures(dtype, padded)
    wanted = targets(dtype)
    for model in (ours, theirs):
        model.zero_grad()
    detr_loss(ours(images, mask), wanted)[0].backward()
    loss_of_transformers(*answers_by_layer(theirs, images, mask), wanted)[0].backward()
    gradients = {name: torch.zeros_like(tensor) for name, tensor in ours.state_dict().items()}
    gradients |= {name: p.grad for name, p in ours.named_parameters() if p.grad is not None}
    gradients = transformers_names(detr_to_official(gradients))
    expected = {name: p.grad for name, p in theirs.named_parameters() if p.grad is not None}
    assert len(expected) == len([p for p in ours.parameters() if p.grad is not None])
    scale = max(gradient.abs().max().item() for gradient in expected.values())
    errors = {name: (gradients[name] - gradient).abs().max().item() / scale for name, gradient in expected.items()}
    assert {name: error for name, error in errors.items() if not error <= LIMITS[dtype]["gradient"]} == {}


def layer_of_torch(kind, dtype):
    """(our layer, torch's) with dropout 0.3 and the same weights; torch's post-norm layers are the official ones without position codes."""
    torch.manual_seed(0)
    theirs = {DetrEncoderLayer: torch.nn.TransformerEncoderLayer, DetrDecoderLayer: torch.nn.TransformerDecoderLayer}[kind](
        32, 4, 64, 0.3, batch_first=True).to(dtype)
    ours = kind(32, 4, 64, 0.3).to(dtype)
    for path, part in theirs.named_children():
        if isinstance(part, torch.nn.MultiheadAttention):
            name = {"self_attn": "self_attention", "multihead_attn": "cross_attention"}[path]
            ours.get_submodule(name).load_state_dict(multihead_from_torch(part))
        elif path.startswith(("linear", "norm")):
            ours.get_submodule(path.replace("linear", "feed_forward.linear")).load_state_dict(part.state_dict())
    return ours, theirs


@every_precision
@pytest.mark.parametrize("kind", [DetrEncoderLayer, DetrDecoderLayer])
def test_layers_in_training_drop_what_torchs_drop(kind, dtype):
    """Seeded alike, that is, under the same dropout masks: outputs and gradients; and no dropout in evaluation."""
    ours, theirs = layer_of_torch(kind, dtype)
    generator = torch.Generator().manual_seed(1)
    tokens, memory = (torch.randn(1, n, 32, generator=generator, dtype=torch.float64).to(dtype) for n in (6, 9))
    mask = (torch.arange(9) < 5)[None]                           # one sequence: torch lays several otherwise, and drops in that order
    limit = {torch.float32: 2e-6, torch.float64: 1e-14}[dtype]
    answers = []
    for training in (True, False):
        pair = []
        for layer in (ours.train(training), theirs.train(training)):
            layer.zero_grad()
            torch.manual_seed(7)
            if kind is DetrEncoderLayer:
                pair.append(ours(memory, torch.zeros_like(memory), mask[:, None, None])[0] if layer is ours
                            else theirs(memory, src_key_padding_mask=~mask))
            else:
                pair.append(ours(tokens, torch.zeros_like(tokens[0]), memory, torch.zeros_like(memory), mask[:, None, None])[0]
                            if layer is ours else theirs(tokens, memory, memory_key_padding_mask=~mask))
            (pair[-1] * torch.linspace(-1, 1, pair[-1].numel()).view_as(pair[-1]).cos().to(dtype)).sum().backward()
        assert largest_error(*pair) <= limit
        assert largest_error(ours.feed_forward.linear1.weight.grad, theirs.linear1.weight.grad) <= 100 * limit
        projections = [theirs.self_attn.in_proj_weight.grad[:32], ours.self_attention.q_proj.weight.grad]
        assert largest_error(*projections) <= 100 * limit
        answers.append(pair[0])
    assert largest_error(*answers) > 0.1
    ours.self_attention.dropout = 0.0                            # what the layers did before: nothing dropped from the weights
    torch.manual_seed(7)
    without = (ours.train()(memory, torch.zeros_like(memory), mask[:, None, None])[0] if kind is DetrEncoderLayer else
               ours.train()(tokens, torch.zeros_like(tokens[0]), memory, torch.zeros_like(memory), mask[:, None, None])[0])
    assert largest_error(without, answers[0]) > 0.1


@every_precision
def test_backbone_alone(dtype):
    """The ResNet of transformers with its norms in evaluation mode: all four maps, gradients of the picture and of all weights."""
    from transformers import ResNetBackbone, ResNetConfig

    torch.manual_seed(0)
    ours = shaken(ResNet((2, 1, 2, 1), WIDTH)).to(dtype)
    theirs = ResNetBackbone(ResNetConfig(
        embedding_size=WIDTH, hidden_sizes=[4 * WIDTH << i for i in range(4)], depths=[2, 1, 2, 1], layer_type="bottleneck",
        out_features=["stage1", "stage2", "stage3", "stage4"])).eval().to(dtype)

    def their_names(state):
        named = transformers_names({f"backbone.0.body.{name}": tensor for name, tensor in state.items()})
        return {name.removeprefix("model.backbone.model."): tensor for name, tensor in named.items()}

    missing, unexpected = theirs.load_state_dict(their_names(ours.state_dict()), strict=False)
    assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing)
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(2, 3, 70, 101, generator=generator).to(dtype).requires_grad_()
    y = x.detach().clone().requires_grad_()
    maps, expected = ours.stages(x), theirs(y).feature_maps
    limit = {torch.float32: 1e-6, torch.float64: 1e-13}[dtype]
    for one, other in zip(maps, expected, strict=True):
        assert largest_error(one, other) <= 3 * limit
    direction = torch.randn(maps[-1].shape, generator=generator).to(dtype)
    (maps[-1] * direction).sum().backward()
    (expected[-1] * direction).sum().backward()
    assert largest_error(x.grad, y.grad) <= 10 * limit
    gradients = their_names({name: p.grad for name, p in ours.named_parameters()})
    parameters = dict(theirs.named_parameters())
    for name, gradient in gradients.items():
        assert largest_error(gradient, parameters[name].grad) <= 10 * limit, name


def test_at_full_size_through_the_official_names():
    """Random numbers under the 458 published names: the DETR with ResNet-50 of this book and of transformers answer the same."""
    torch.manual_seed(0)
    source = shaken(DETR(ResNet(), n_classes=91))
    official = detr_to_official(source.state_dict())
    assert {name: tuple(tensor.shape) for name, tensor in official.items()} == official_detr_shapes()
    ours = DETR(ResNet(), n_classes=91).eval()
    ours.load_state_dict(detr_from_official(official))
    theirs = detr_of_transformers(ours, (3, 4, 6, 3), 64)
    ours, theirs = ours.double(), theirs.double()              # fifty layers round off; position codes stay in single precision
    images = torch.randn(1, 3, 128, 192, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    mask = torch.ones(1, 128, 192, dtype=torch.bool)
    mask[:, :, 160:] = False
    with torch.no_grad():
        output, (logits, boxes) = ours(images, mask), answers_by_layer(theirs, images, mask)
    assert largest_error(output.logits, logits) <= 1e-7 and (output.boxes - boxes).abs().max() <= 1e-7
