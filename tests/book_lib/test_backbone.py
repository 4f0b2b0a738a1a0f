"""Backbones: sizes, numbers of parameters, and what is not trained."""

import pytest
import torch

from book_lib.detection.backbone import FrozenBatchNorm2d, ResNet, SmallCNN
from book_lib.detection.detr import DETR


def pictures(h, w, b=1):
    return torch.randn(b, 3, h, w, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("h", "w"), [(64, 96), (33, 65), (100, 31), (1, 1)])
def test_maps_of_a_resnet_are_rounded_up(h, w):
    model = ResNet((1, 1, 1, 1), width=4)
    maps = model.stages(pictures(h, w, 2))
    assert [m.shape for m in maps] == [(2, 16 << i, -(-h // (4 << i)), -(-w // (4 << i))) for i in range(4)]
    assert torch.equal(model(pictures(h, w, 2)), maps[-1]) and model.n_channels == 128 and model.stride == 32


@pytest.mark.parametrize(("h", "w"), [(64, 96), (33, 65), (9, 7)])
@pytest.mark.parametrize(("channels", "strides", "stride"), [((24, 48, 96, 128), (2, 2, 1), 8), ((8, 16, 16), (2, 1), 4)])
def test_maps_of_the_small_network_are_rounded_up(h, w, channels, strides, stride):
    model = SmallCNN(channels, strides)
    assert model(pictures(h, w, 2)).shape == (2, channels[-1], -(-h // stride), -(-w // stride))
    assert model.stride == stride and model.n_channels == channels[-1]


def test_the_small_networks_stem_also_halves():
    with pytest.raises(ValueError, match="expected one width more than strides"):
        SmallCNN((8, 16), (2, 2))


def test_resnet_50_has_the_published_size():
    with torch.device("meta"):
        model = ResNet()
        detector = DETR(model, n_classes=91)
    state = model.state_dict()
    assert len(state) == 265 and model.n_channels == 2048
    assert sum(p.numel() for p in detector.parameters()) == 41_524_768
    assert model.freeze_stem() is model
    assert sum(p.numel() for p in detector.parameters() if p.requires_grad) == 41_302_368
    assert sum(tensor.numel() for tensor in detector.state_dict().values()) == 41_631_008


def test_a_frozen_norm_is_a_norm_in_evaluation_mode():
    generator = torch.Generator().manual_seed(1)
    ours, theirs = FrozenBatchNorm2d(6), torch.nn.BatchNorm2d(6).eval()
    with torch.no_grad():
        for name in ("weight", "bias", "running_mean", "running_var"):
            getattr(theirs, name).copy_(torch.rand(6, generator=generator) + 0.1)
    theirs.state_dict().pop("num_batches_tracked")
    ours.load_state_dict({name: value for name, value in theirs.state_dict().items() if "tracked" not in name})
    features = torch.randn(2, 6, 5, 7, generator=generator)
    torch.testing.assert_close(ours(features), theirs(features), rtol=1e-6, atol=1e-6)
    assert not list(ours.parameters())
    before = {name: value.clone() for name, value in ours.state_dict().items()}
    ours.train()(100 * features)
    assert all(torch.equal(before[name], value) for name, value in ours.state_dict().items())


def test_a_frozen_stem_gets_no_gradient_and_the_rest_does():
    model = ResNet((1, 2, 1, 1), width=4).freeze_stem()
    model(pictures(64, 64)).sum().backward()
    trained = {name.split(".")[0] for name, p in model.named_parameters() if p.grad is not None}
    assert trained == {"layer2", "layer3", "layer4"}


@pytest.mark.parametrize(("blocks", "width"), [((1, 1, 1), 4), ((1, 0, 1, 1), 4), ((1, 1, 1, 1), 0)])
def test_sizes_that_make_no_network_are_refused(blocks, width):
    with pytest.raises(ValueError, match="expected four numbers of at least 1 and a width"):
        ResNet(blocks, width)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("autocast", [False, True])
@pytest.mark.parametrize("make", [lambda: ResNet((1, 1, 1, 1), width=4), lambda: SmallCNN((8, 16), (2,))], ids=["ResNet", "SmallCNN"])
def test_backbones_run_in_half_precision(make, dtype, autocast):
    torch.manual_seed(0)
    backbone, images = make().eval(), torch.randn(1, 3, 64, 64)
    expected = backbone(images)
    if not autocast:
        backbone, images = backbone.to(dtype), images.to(dtype)
    with torch.autocast("cpu", dtype=dtype, enabled=autocast):
        features = backbone(images)
    torch.testing.assert_close(features.float(), expected, rtol=0.05, atol=0.05 * expected.abs().max().item())
    features.float().sum().backward()
    assert all(p.grad.isfinite().all() for p in backbone.parameters())
