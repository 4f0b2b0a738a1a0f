"""ViT, DeiT and iGPT against the transformers library: outputs and gradients, in single and double precision."""

import pytest
import torch

from book_lib.vision.igpt import IGPT, complete
from book_lib.vision.palette import fit_palette
from book_lib.vision.vit import ViT, with_image_size
from book_lib.vision_checkpoints import igpt_from_transformers, igpt_to_transformers, vit_from_transformers

LIMITS = {torch.float32: 1e-5, torch.float64: 1e-13}
every_precision = pytest.mark.parametrize("dtype", LIMITS)
PICTURES = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 48, "patch_size": 8, "num_labels": 5}
SIZES = {"patch_size": 8, "n_classes": 5, "d_model": 32, "n_heads": 4, "d_ff": 48, "n_layers": 3}


def shaken(module):
    """Random numbers in every parameter, so that no start at 0 or 1 hides a mistake."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter += 0.2 * torch.randn(parameter.shape, generator=generator)
    return module


def pictures(dtype, size=(32, 24)):
    return torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(3), dtype=torch.float64).to(dtype).requires_grad_()


def gradients(module, answers):
    """The gradients of a random function of a tensor of answers, by name of the parameter."""
    module.zero_grad()
    direction = torch.randn(answers.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64).to(answers.dtype)
    (answers * direction).sum().backward()
    return {name: parameter.grad for name, parameter in module.named_parameters() if parameter.grad is not None}


def require_equal(ours, theirs, limit):
    scale = max(gradient.abs().max() for gradient in theirs.values())
    too_far = {name: (ours[name] - gradient).abs().max().item() for name, gradient in theirs.items()
               if not (ours[name] - gradient).abs().max() <= limit * scale}
    assert ours.keys() == theirs.keys() and not too_far


def vit_pair(dtype, gelu="exact", eps=1e-12, size=(32, 24)):
    from transformers import ViTConfig, ViTForImageClassification

    config = ViTConfig(**PICTURES, image_size=size, layer_norm_eps=eps, hidden_act={"exact": "gelu", "tanh": "gelu_pytorch_tanh"}[gelu])
    theirs = shaken(ViTForImageClassification(config)).eval().to(dtype)
    ours = ViT(**SIZES, image_size=size, gelu=gelu, eps=eps).eval().to(dtype)
    ours.load_state_dict(vit_from_transformers(theirs.state_dict(), ours))
    return ours, theirs


@every_precision
@pytest.mark.parametrize(("gelu", "eps"), [("exact", 1e-12), ("tanh", 1e-6)])
@pytest.mark.parametrize("with_maps", [False, True])
def test_vit(dtype, gelu, eps, with_maps):
    (ours, theirs), x, y = vit_pair(dtype, gelu, eps), pictures(dtype), pictures(dtype)
    answers = ours.attention(x)[0] if with_maps else ours(x)
    expected = theirs(y).logits
    assert expected.abs().max() > 0.5 and (answers - expected).abs().max() <= LIMITS[dtype]
    found, wanted = gradients(ours, answers), gradients(theirs, expected)
    require_equal(found, vit_from_transformers(wanted, ours), LIMITS[dtype])
    require_equal({"image": x.grad}, {"image": y.grad}, LIMITS[dtype])


def test_where_vit_looks():
    ours, theirs = vit_pair(torch.float64)
    theirs.set_attn_implementation("eager")
    x = pictures(torch.float64).detach()
    with torch.no_grad():
        expected = theirs(x, output_attentions=True).attentions
        maps = ours.attention(x)[1]
    assert len(maps) == len(expected) == 3
    assert all((one - other).abs().max() <= 1e-6 for one, other in zip(maps, expected, strict=True)), "their softmax is in float32"


def test_the_wrong_gelu_or_eps_is_noticed():
    """What the limits are worth: the variants lie far beyond them."""
    ours, theirs = vit_pair(torch.float64)
    x = pictures(torch.float64).detach()
    for changes in ({"gelu": "tanh", "eps": 1e-12}, {"gelu": "exact", "eps": 1e-5}):
        other = ViT(**SIZES, image_size=(32, 24), **changes).eval().double()
        other.load_state_dict(ours.state_dict())
        assert (other(x) - theirs(x).logits).abs().max() > 1e-7


@every_precision
def test_positions_for_another_resolution(dtype):
    ours, theirs = vit_pair(dtype, size=32)
    x = pictures(dtype, (40, 48)).detach()
    wider = with_image_size(ours, (40, 48), method="bicubic")
    assert (wider(x) - theirs(x, interpolate_pos_encoding=True).logits).abs().max() <= LIMITS[dtype]
    assert (with_image_size(ours, (40, 48))(x) - wider(x)).abs().max() > 1e-3, "bicubic is not linear"


@every_precision
def test_deit(dtype):
    from transformers import DeiTConfig, DeiTForImageClassificationWithTeacher

    theirs = shaken(DeiTForImageClassificationWithTeacher(DeiTConfig(**PICTURES, image_size=32, layer_norm_eps=1e-12))).eval().to(dtype)
    ours = ViT(**SIZES, image_size=32, readout="distilled", eps=1e-12).eval().to(dtype)
    ours.load_state_dict(vit_from_transformers(theirs.state_dict(), ours))
    x = pictures(dtype, (32, 32)).detach()
    expected = theirs(x)
    both = ours.answer_by_head(ours.encode(ours.embed(x))[0])
    assert (both.from_class_token - expected.cls_logits).abs().max() <= LIMITS[dtype]
    assert (both.from_distillation_token - expected.distillation_logits).abs().max() <= LIMITS[dtype]
    answers = ours(x)
    assert (answers - expected.logits).abs().max() <= LIMITS[dtype]
    found, wanted = gradients(ours, answers), gradients(theirs, expected.logits)
    require_equal(found, vit_from_transformers(wanted, ours), LIMITS[dtype])


def igpt_pair(dtype):
    from transformers import ImageGPTConfig, ImageGPTForCausalImageModeling

    config = ImageGPTConfig(vocab_size=17, n_positions=64, n_embd=32, n_layer=3, n_head=4)
    theirs = shaken(ImageGPTForCausalImageModeling(config)).eval()
    with torch.no_grad():
        for name, parameter in theirs.named_parameters():
            if name.endswith(".bias"):
                parameter.zero_()                                # IGPT has none
    ours = IGPT(n_colours=16, n_pixels=64, d_model=32, n_heads=4, n_layers=3)
    ours.load_state_dict(igpt_from_transformers(theirs.state_dict(), ours))
    return ours.eval().to(dtype), theirs.to(dtype)


def pixels(b=2, n=64):
    return torch.randint(16, (b, n), generator=torch.Generator().manual_seed(4))


def after_start(drawn):
    """What transformers' model is given: number 16 for the start, then all pixels but the last."""
    return torch.cat([torch.full((len(drawn), 1), 16), drawn[:, :-1]], dim=1)


@every_precision
@pytest.mark.parametrize("with_maps", [False, True])
def test_igpt(dtype, with_maps):
    (ours, theirs), drawn = igpt_pair(dtype), pixels()
    answers = ours.attention(drawn)[0] if with_maps else ours(drawn)
    expected = theirs(after_start(drawn)).logits
    assert expected.abs().max() > 0.5 and (answers - expected).abs().max() <= LIMITS[dtype]
    wanted = {name: gradient for name, gradient in gradients(theirs, expected).items() if not name.endswith(".bias")}
    require_equal(igpt_to_transformers(gradients(ours, answers)), wanted, LIMITS[dtype])


def test_igpt_completes_as_generate_does():
    """The likeliest pixel, again and again, with both libraries' caches."""
    ours, theirs = igpt_pair(torch.float64)
    known = pixels(3, 20)
    begun = torch.cat([torch.full((3, 1), 16), known], dim=1)
    expected = theirs.generate(begun, attention_mask=torch.ones_like(begun), do_sample=False, max_length=64, pad_token_id=0)[:, 1:]
    assert torch.equal(complete(ours, known, generator=torch.Generator(), temperature=0)[:, :63], expected)


def test_palette_is_no_worse_than_scikit_learns():
    from sklearn.cluster import KMeans
    from sklearn.datasets import load_sample_image

    colours = torch.from_numpy(load_sample_image("flower.jpg")[::16, ::16].reshape(-1, 3).copy()).double() / 127.5 - 1
    theirs = KMeans(16, n_init=1, random_state=0).fit(colours.numpy())
    palette = fit_palette(colours, 16)
    inertia = torch.cdist(colours, palette).min(dim=1).values.square().sum().item()
    assert inertia < 1.3 * theirs.inertia_
