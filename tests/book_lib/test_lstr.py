"""LSTR: what its queries share, the published sizes, and a file with the published names."""

import math

import pytest
import torch
from torch import nn

from book_lib.detection.backbone import SlimResNet, SmallCNN
from book_lib.lanes.lstr import LSTR
from book_lib.lanes.published import (
    load_published_lstr,
    lstr_from_official,
    lstr_input,
    lstr_to_official,
    official_lstr_shapes,
    published_lstr,
)


def small(**settings):
    torch.manual_seed(0)
    return LSTR(SmallCNN(channels=(4, 6, 8, 8)), d_model=16, d_ff=24, **settings).eval()


def block(name, n_in, width, changes):
    """The names and shapes of a residual block, as the published file has them."""
    found = {f"{name}.conv1.weight": (width, n_in, 3, 3), f"{name}.conv2.weight": (width, width, 3, 3)} | norm(f"{name}.bn1", width)
    found |= norm(f"{name}.bn2", width)
    return found | ({f"{name}.downsample.0.weight": (width, n_in, 1, 1)} | norm(f"{name}.downsample.1", width) if changes else {})


def norm(name, width):
    return {f"{name}.{key}": (width,) for key in ("weight", "bias", "running_mean", "running_var")} | {f"{name}.num_batches_tracked": ()}


def attention(name):
    return {f"{name}.in_proj_weight": (96, 32), f"{name}.in_proj_bias": (96,), f"{name}.out_proj.weight": (32, 32),
            f"{name}.out_proj.bias": (32,)}


def published_shapes():
    """Names and shapes of the published file, written down a second time."""
    shapes = {"conv1.weight": (16, 3, 7, 7), **{f"bn1.{key}": (16,) for key in ("weight", "bias", "running_mean", "running_var")}}
    shapes |= block("layer1.0", 16, 16, False)
    for stage, n_in, width in ((2, 16, 32), (3, 32, 64), (4, 64, 128)):
        shapes |= block(f"layer{stage}.0", n_in, width, True) | block(f"layer{stage}.1", width, width, False)
    shapes |= {"query_embed.weight": (7, 32), "input_proj.weight": (32, 128, 1, 1), "input_proj.bias": (32,)}
    for stack, kinds, norms in (("encoder", ["self_attn"], 2), ("decoder", ["self_attn", "multihead_attn"], 3)):
        for i in range(2):
            layer = f"transformer.{stack}.layers.{i}"
            for kind in kinds:
                shapes |= attention(f"{layer}.{kind}")
            shapes |= {f"{layer}.linear1.weight": (128, 32), f"{layer}.linear1.bias": (128,), f"{layer}.linear2.weight": (32, 128),
                       f"{layer}.linear2.bias": (32,)}
            shapes |= {f"{layer}.norm{j + 1}.{key}": (32,) for j in range(norms) for key in ("weight", "bias")}
    shapes |= {"transformer.decoder.norm.weight": (32,), "transformer.decoder.norm.bias": (32,), "class_embed.weight": (2, 32),
               "class_embed.bias": (2,)}
    for head in ("specific_embed", "shared_embed"):
        for i, n_out in enumerate((32, 32, 4)):
            shapes |= {f"{head}.layers.{i}.weight": (n_out, 32), f"{head}.layers.{i}.bias": (n_out,)}
    return shapes


def published_state(seed=0):
    """Random weights with the published names, of a size that keeps a signal as large as it is; variances are above 0."""
    g, state = torch.Generator().manual_seed(seed), {}
    for name, shape in published_shapes().items():
        if name.endswith("tracked"):
            state[name] = torch.full(shape, 500_000)
        elif len(shape) > 1:
            state[name] = torch.randn(shape, generator=g) * (2 / math.prod(shape[1:])) ** 0.5
        else:
            of_scale = name.endswith(("weight", "var"))
            state[name] = 0.5 + torch.rand(shape, generator=g) if of_scale else 0.2 * torch.randn(shape, generator=g)
    return state


class OfficialLSTR(nn.Module):
    """The published network once more, from torch's own layers; its state dict has the published names."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 7, 2, 3, bias=False), nn.BatchNorm2d(16)
        n_in = 16
        for stage, (width, count) in enumerate(((16, 1), (32, 2), (64, 2), (128, 2)), 1):
            blocks = []
            for i in range(count):
                part = nn.Module()
                stride = 2 if stage > 1 and not i else 1
                part.conv1, part.bn1 = nn.Conv2d(n_in, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
                part.conv2, part.bn2 = nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
                if stride == 2:
                    part.downsample = nn.Sequential(nn.Conv2d(n_in, width, 1, 2, bias=False), nn.BatchNorm2d(width))
                blocks.append(part)
                n_in = width
            setattr(self, f"layer{stage}", nn.ModuleList(blocks))
        self.query_embed, self.input_proj = nn.Embedding(7, 32), nn.Conv2d(128, 32, 1)
        self.transformer = nn.Module()
        self.transformer.encoder, self.transformer.decoder = nn.Module(), nn.Module()
        self.transformer.encoder.layers = nn.ModuleList(self.layer(["self_attn"], 2) for _ in range(2))
        self.transformer.decoder.layers = nn.ModuleList(self.layer(["self_attn", "multihead_attn"], 3) for _ in range(2))
        self.transformer.decoder.norm, self.class_embed = nn.LayerNorm(32), nn.Linear(32, 2)
        for head in ("specific_embed", "shared_embed"):
            setattr(self, head, nn.Module())
            getattr(self, head).layers = nn.ModuleList(nn.Linear(32, n) for n in (32, 32, 4))

    @staticmethod
    def layer(kinds, norms):
        layer = nn.Module()
        for kind in kinds:
            setattr(layer, kind, nn.MultiheadAttention(32, 2))
        layer.linear1, layer.linear2 = nn.Linear(32, 128), nn.Linear(128, 32)
        for i in range(norms):
            setattr(layer, f"norm{i + 1}", nn.LayerNorm(32))
        return layer

    @staticmethod
    def sine(h, w):
        code = torch.zeros(32, h, w)
        for axis, (count, start) in enumerate(((h, 0), (w, 16))):
            place = torch.arange(1, count + 1).double() / (count + 1e-6) * 2 * torch.pi
            for i in range(8):
                angle = place / 10000 ** (2 * i / 16)
                for j, wave in enumerate((angle.sin(), angle.cos())):
                    code[start + 2 * i + j] = (wave[:, None] if axis == 0 else wave[None, :]).float()
        return code

    def forward(self, images):
        x = torch.max_pool2d(torch.relu(self.bn1(self.conv1(images))), 3, 2, 1)
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            for part in stage:
                inner = part.bn2(part.conv2(torch.relu(part.bn1(part.conv1(x)))))
                x = torch.relu(inner + (part.downsample(x) if hasattr(part, "downsample") else x))
        b, _, h, w = x.shape
        memory = self.input_proj(x).flatten(2).permute(2, 0, 1)
        code = self.sine(h, w).flatten(1).T[:, None]
        for layer in self.transformer.encoder.layers:
            memory = layer.norm1(memory + layer.self_attn(memory + code, memory + code, memory)[0])
            memory = layer.norm2(memory + layer.linear2(torch.relu(layer.linear1(memory))))
        queries, after = self.query_embed.weight[:, None].expand(-1, b, -1), []
        states = torch.zeros_like(queries)
        for layer in self.transformer.decoder.layers:
            states = layer.norm1(states + layer.self_attn(states + queries, states + queries, states)[0])
            states = layer.norm2(states + layer.multihead_attn(states + queries, memory + code, memory)[0])
            states = layer.norm3(states + layer.linear2(torch.relu(layer.linear1(states))))
            after.append(self.transformer.decoder.norm(states).transpose(0, 1))
        said, found = torch.stack(after), []
        for head in (self.specific_embed, self.shared_embed):
            answer = said
            for i, layer in enumerate(head.layers):
                answer = torch.relu(layer(answer)) if i < 2 else layer(answer)
            found.append(answer)
        own, road = found[0], found[1].mean(-2, keepdim=True).expand_as(found[1])
        return self.class_embed(said), torch.cat((own[..., :2], road, own[..., 2:]), dim=-1)


@torch.no_grad()
def test_a_file_with_the_published_names_gives_the_published_answers(tmp_path):
    official = OfficialLSTR().eval()
    state = published_state()
    official.load_state_dict(state | {"bn1.num_batches_tracked": torch.tensor(0)})
    held = {f"module.{name}": tensor for name, tensor in state.items()}
    for name in ("", "module.", "module.conv1.", "module.transformer."):                 # what a profiler leaves, in float64
        held |= {f"{name}total_ops": torch.zeros(1, dtype=torch.float64), f"{name}total_params": torch.zeros(1, dtype=torch.float64)}
    torch.save(held, tmp_path / "LSTR_500000.pkl")
    model = load_published_lstr(tmp_path / "LSTR_500000.pkl")
    images = torch.randn(2, 3, 90, 150, generator=torch.Generator().manual_seed(1))
    output, (logits, lanes) = model(images), official(images)
    assert 0.1 < lanes.std() < 10 and (lanes[:, 0] - lanes[:, 1]).abs().max() > 0.1  # pictures matter
    torch.testing.assert_close(output.logits, logits, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(output.lanes, lanes, rtol=1e-4, atol=1e-5)
    assert {name: tuple(tensor.shape) for name, tensor in lstr_to_official(model.state_dict()).items()} == published_shapes()
    assert all(torch.equal(tensor, state[name]) for name, tensor in lstr_to_official(model.state_dict()).items())


def test_the_published_names_shapes_and_number_of_parameters():
    assert official_lstr_shapes() == published_shapes() and len(published_shapes()) == 186
    model = published_lstr()
    assert sum(p.numel() for p in model.parameters()) == 765_754 and len(list(model.backbone.bn1.parameters())) == 0
    assert model.backbone(torch.zeros(1, 3, 360, 640)).shape == (1, 128, 12, 20)


@pytest.mark.parametrize("change, message", [
    (lambda state: state | {"class_embed.weight": torch.zeros(3, 32)}, r"class_embed.weight has shape \[3, 32\], expected \[2, 32\]"),
    (lambda state: state | {"bbox_embed.weight": torch.zeros(1)}, "superfluous bbox_embed.weight"),
    (lambda state: {name: tensor for name, tensor in state.items() if name[:5] != "query"}, r"missing query_embed.weight \[7, 32\]"),
])
def test_other_contents_are_named(change, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        lstr_from_official(change(published_state()))
    torch.save([1, 2], tmp_path / "list.pkl")
    with pytest.raises(ValueError, match="something else than tensors"):
        load_published_lstr(tmp_path / "list.pkl")


def test_pictures_as_the_published_network_takes_them():
    images = torch.zeros(1, 720, 1280, 3, dtype=torch.uint8)
    images[..., 0], images[..., 2] = 255, 51                                             # red and blue
    out = lstr_input(images)
    assert out.shape == (1, 3, 360, 640)
    blue, green, red = (0.2 - 0.40789654) / 0.28863828, -0.44719302 / 0.27408164, (1 - 0.47026115) / 0.27809835
    assert out[0, :, 5, 5].tolist() == pytest.approx([blue, green, red])
    with pytest.raises(ValueError, match="images has shape"):
        lstr_input(torch.zeros(1, 3, 8, 8))


@torch.no_grad()
def test_queries_share_the_road_or_keep_their_own():
    images = torch.randn(2, 3, 24, 40)
    shared, own = small()(images), small(shared=False)(images)
    assert shared.lanes.shape == (2, 2, 7, 8) and shared.logits.shape == (2, 2, 7, 2)
    assert (shared.lanes[..., 2:6] == shared.lanes[..., :1, 2:6]).all() and (shared.lanes[..., :2].std(-2) > 0).all()
    torch.testing.assert_close(shared.lanes[..., 2:6], own.lanes[..., 2:6].mean(-2, keepdim=True).expand(-1, -1, 7, -1))
    torch.testing.assert_close(shared.lanes[..., [0, 1, 6, 7]], own.lanes[..., [0, 1, 6, 7]])


@torch.no_grad()
def test_units_are_what_an_output_of_one_stands_for():
    images, units = torch.randn(1, 3, 24, 40), torch.tensor([1, 1, 0.001, 0.2, 0.01, 1, 2, 3])
    torch.testing.assert_close(small(units=units)(images).lanes, small()(images).lanes * units)
    assert "units" not in small(units=units).state_dict()
    with pytest.raises(ValueError, match=r"units has shape \[3\]"):
        small(units=[1, 2, 3])


@torch.no_grad()
def test_attention_maps_and_masks_are_those_of_a_detr():
    model, images = small(), torch.randn(2, 3, 24, 40)
    mask = torch.ones(2, 24, 40, dtype=torch.bool)
    mask[1, :, 24:] = False
    output, maps = model.attention(images, mask)
    torch.testing.assert_close(output.lanes, model(images, mask).lanes)
    assert maps.on_memory[-1].shape == (2, 2, 7, 15) and maps.on_memory[-1][1, ..., 3::5].abs().max() == 0


def test_a_backbone_of_other_widths_and_its_refusals():
    assert SlimResNet((4, 6, 8, 10), (1, 1, 1, 1))(torch.zeros(1, 3, 40, 70)).shape == (1, 10, 2, 3)
    with pytest.raises(ValueError, match="expected four numbers"):
        SlimResNet((4, 6, 8))
