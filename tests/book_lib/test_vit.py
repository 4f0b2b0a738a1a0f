"""ViT: sizes, start, readouts, attention, another resolution, rollout and distillation. Parity stands in tests/parity."""

import pytest
import torch
import torch.nn.functional as F

from book_lib.vision.vit import SIZES, DistilledLogits, Mlp, ViT, attention_rollout, distillation_loss, with_image_size

SMALL = {"image_size": (8, 12), "patch_size": 4, "n_classes": 5, "d_model": 16, "n_heads": 4, "d_ff": 24, "n_layers": 2}


def small(seed=0, **changes):
    torch.manual_seed(seed)
    model = ViT(**SMALL | changes).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.2 * torch.randn(parameter.shape)
    return model


def pictures(b=3, size=(8, 12), channels=3):
    return torch.randn(b, channels, *size, generator=torch.Generator().manual_seed(5))


@pytest.mark.parametrize(("name", "count"), [
    ("Ti/16", 5_717_416), ("S/16", 22_050_664), ("B/16", 86_567_656), ("B/32", 88_224_232), ("L/16", 304_326_632), ("H/14", 632_045_800),
])
def test_published_sizes(name, count):
    with torch.device("meta"):
        model = ViT(image_size=224, n_classes=1000, **SIZES[name])
    assert sum(parameter.numel() for parameter in model.parameters()) == count


def test_the_start():
    torch.manual_seed(0)
    model = ViT(image_size=64, patch_size=8, n_classes=10, d_model=128, n_heads=4, d_ff=256, n_layers=1)
    assert not model.head.weight.any() and not model.head.bias.any() and not model.class_token.any()
    assert abs(model.positions.std().item() / 0.02 - 1) < 0.05 and model.positions.shape == (65, 128)
    for linear in (*model.blocks[0].attention.children(), model.blocks[0].mlp.linear1):
        bound = (6 / sum(linear.weight.shape)) ** 0.5
        assert 0.98 * bound < linear.weight.abs().max() <= bound
    assert not model.blocks[0].attention.q_proj.bias.any() and 0 < model.blocks[0].mlp.linear1.bias.abs().max() < 1e-5
    assert not model(pictures(2, (64, 64))).any(), "an untrained ViT gives every class the same"


@pytest.mark.parametrize("readout", ["class", "mean", "distilled"])
def test_readouts(readout):
    model, images = small(readout=readout), pictures()
    logits, weights = model.attention(images)
    tokens = model.encode(model.embed(images))[0]
    n = {"class": 7, "mean": 6, "distilled": 8}[readout]
    assert tokens.shape == (3, n, 16) and [tuple(layer.shape) for layer in weights] == [(3, 4, n, n)] * 2
    assert (logits - model(images)).abs().max() < 1e-5 and logits.shape == (3, 5)
    assert all((layer.sum(-1) - 1).abs().max() < 1e-5 for layer in weights)
    read = {"class": lambda: model.head(tokens[:, 0]), "mean": lambda: model.head(tokens.mean(1)),
            "distilled": lambda: (model.head(tokens[:, 0]) + model.distillation_head(tokens[:, 1])) / 2}[readout]()
    assert (logits - read).abs().max() < 1e-5


def test_block_by_hand():
    """The two equations of the paper, written out."""
    model = small().double()
    block, tokens = model.blocks[0], torch.randn(2, 7, 16, dtype=torch.float64)
    inner = tokens + block.attention(F.layer_norm(tokens, (16,), block.norm1.weight, block.norm1.bias, 1e-6))[0]
    normed = F.layer_norm(inner, (16,), block.norm2.weight, block.norm2.bias, 1e-6)
    outer = inner + block.mlp.linear2(F.gelu(block.mlp.linear1(normed)))
    assert (block(tokens)[0] - outer).abs().max() < 1e-13


def test_the_two_gelus_differ_a_little():
    torch.manual_seed(0)
    exact, tanh = Mlp(8, 16), Mlp(8, 16, gelu="tanh")
    tanh.load_state_dict(exact.state_dict())
    tokens = 3 * torch.randn(50, 8)
    assert 1e-5 < (exact(tokens) - tanh(tokens)).abs().max() < 5e-3


def test_without_positions_the_order_of_patches_does_not_matter():
    images = pictures()
    turned = images.flip(-1).unflatten(-1, (3, 4)).flip(-1).flatten(-2)          # patches mirrored as wholes, their pixels as they were
    assert not torch.equal(turned, images)
    blind, placed = small(positions="none"), small()
    assert (blind(images) - blind(turned)).abs().max() < 1e-5 < 1e-2 < (placed(images) - placed(turned)).abs().max()


def test_pre_logits_stand_before_the_head():
    model = small(representation_size=11)
    token = model.encode(model.embed(pictures()))[0][:, 0]
    assert (model(pictures()) - model.head(torch.tanh(model.pre_logits(token)))).abs().max() < 1e-6
    assert model.head.in_features == 11


def test_a_mask_hides_patches():
    model, images = small(), pictures(1)
    other = images.clone()
    other[..., :4, :4] += 3                                                      # the first patch, token 1
    seen = torch.ones(7, dtype=torch.bool)
    seen[1] = False
    answers = [model.answer(model.encode(model.embed(shown), seen[None, None, None])[0]) for shown in (images, other)]
    assert (answers[0] - answers[1]).abs().max() < 1e-6 < 1e-3 < (model(images) - model(other)).abs().max()


@pytest.mark.parametrize("readout", ["class", "mean", "distilled"])
def test_another_resolution(readout):
    model = small(readout=readout)
    wider = with_image_size(model, (16, 8))
    assert wider.grid == (4, 2) and model.grid == (2, 3) and wider.positions.shape == (8 + wider.n_extra, 16)
    assert wider(pictures(2, (16, 8))).shape == (2, 5)
    assert torch.equal(wider.positions[: model.n_extra], model.positions[: model.n_extra])
    assert torch.equal(with_image_size(model, (8, 12))(pictures()), model(pictures()))
    with torch.no_grad():
        wider.head.bias += 1
    assert not torch.equal(wider.head.bias, model.head.bias)


def test_dropout_acts_in_training_alone():
    model = small(dropout=0.5)
    assert torch.equal(model(pictures()), model(pictures()))
    model.train()
    assert not torch.equal(model(pictures()), model(pictures()))


def test_rollout_by_hand():
    """Two layers of two tokens. Layer 1 mixes 1/2 I + 1/2 [[1, 0], [1, 0]] = [[1, 0], [.5, .5]], layer 2 likewise [[.5, .5], [0, 1]]."""
    first, second = torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([[0.0, 1.0], [0.0, 1.0]])
    rolled = attention_rollout([first[None, None], second[None, None]])
    assert rolled[0].tolist() == [[0.75, 0.25], [0.5, 0.5]]
    assert attention_rollout([first[None, None], second[None, None]], start=1)[0].tolist() == [[0.5, 0.5], [0.0, 1.0]]
    assert torch.equal(attention_rollout([first[None, None]], mix=1)[0], first)


def test_rollout_rows_are_shares():
    rolled = attention_rollout(small().attention(pictures())[1])
    assert rolled.shape == (3, 7, 7) and rolled.min() >= 0 and (rolled.sum(-1) - 1).abs().max() < 1e-5


def test_distillation_by_hand():
    own, told = torch.tensor([[2.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    labels, teacher = torch.tensor([0]), torch.tensor([[-1.0, 3.0]])
    nats = -torch.tensor([2.0, 0.0]).log_softmax(0)[0], -torch.tensor([0.0, 1.0]).log_softmax(0)[1]
    assert distillation_loss(DistilledLogits(own, told), labels, teacher).item() == pytest.approx(sum(nats).item() / 2)
    p, q = (teacher[0] / 2).softmax(0), (told[0] / 2).softmax(0)
    soft = 0.9 * nats[0] + 0.1 * 4 * (p * (p / q).log()).sum()
    got = distillation_loss(DistilledLogits(own, told), labels, teacher, soft=True, temperature=2.0, share=0.1)
    assert got.item() == pytest.approx(soft.item())


def test_a_head_that_agrees_with_its_teacher_has_nothing_to_learn():
    teacher = torch.randn(4, 5)
    logits = DistilledLogits(torch.zeros(4, 5, requires_grad=True), teacher.clone().requires_grad_())
    distillation_loss(logits, torch.zeros(4, dtype=torch.long), teacher, soft=True, share=1.0).backward()
    assert logits.from_distillation_token.grad.abs().max() < 1e-6


@pytest.mark.parametrize(("call", "message"), [
    (lambda: ViT(**SMALL | {"image_size": 10}), "multiples of patch_size 4"),
    (lambda: ViT(**SMALL | {"image_size": "8"}), "image_size is '8'"),
    (lambda: ViT(**SMALL | {"readout": "max"}), "readout is 'max'"),
    (lambda: ViT(**SMALL | {"positions": "sine"}), "positions 'sine'"),
    (lambda: ViT(**SMALL | {"gelu": "quick"}), "gelu is 'quick'"),
    (lambda: ViT(**SMALL | {"n_classes": 0}), "n_classes is 0"),
    (lambda: ViT(**SMALL | {"n_layers": -1}), "n_layers is -1"),
    (lambda: ViT(**SMALL | {"representation_size": 0}), "representation_size is 0"),
    (lambda: small()(torch.zeros(1, 3, 12, 8)), r"expected \[batch, 3, 8, 12\]; with_image_size"),
    (lambda: small()(torch.zeros(1, 1, 8, 12)), r"expected \[batch, 3, height, width\]"),
    (lambda: small().answer_by_head(torch.zeros(1, 7, 16)), "expected 'distilled'"),
    (lambda: with_image_size(small(), 10), "multiples of patch_size 4"),
    (lambda: attention_rollout([]), "weights has 0 layers"),
    (lambda: attention_rollout([torch.zeros(1, 1, 2, 2)], start=1), "start is 1"),
    (lambda: attention_rollout([torch.zeros(1, 1, 2, 2)], mix=2), "mix is 2"),
    (lambda: attention_rollout([None]), "shape None"),
    (lambda: attention_rollout([torch.zeros(1, 2, 3)]), r"shape \[1, 2, 3\]"),
    (lambda: distillation_loss(DistilledLogits(torch.zeros(2, 3), torch.zeros(2, 4)), torch.zeros(2), torch.zeros(2, 3)), "logits"),
    (lambda: distillation_loss(DistilledLogits(torch.zeros(2, 3), torch.zeros(2, 3)), torch.zeros(2), torch.zeros(2, 3), share=2), "share"),
])
def test_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
