"""The engine of the page, operation by operation, in Node and in a browser: against PyTorch, and the kernel against plain JavaScript."""

import os

import pytest
import torch
import torch.nn.functional as F
from run_in_browser import run_in_browser

from book_lib.attention import causal_mask, scaled_dot_product_attention
from book_lib.detection.boxes import box_iou
from book_lib.detection.dense import nms
from book_lib.positional import sine_map, sinusoidal_code
from export_page_model import page_file
from page_engine import compile_kernel, kernel, run_in_node

BOTH_ENGINES = """
const [fast, plain] = [kernel, null].map(wasm => makeEngine(models.sample, "sample", wasm));
const run = engine => {
  const put = (rows, columns, numbers, e = engine) => { const x = e.tensor(rows, columns); x.data.set(numbers); return x; };
  CODE
};
const [ours, theirs] = [fast, plain].map(engine => JSON.stringify(run(engine), flat));
if (ours !== theirs) throw new Error("kernel and JavaScript differ");
return JSON.parse(ours);
"""


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def sample_file(weights=None, **sizes):
    """A model file that holds these weights and room for small inputs."""
    return page_file("sample", "float32", "0" * 64, {name: w.numpy() for name, w in (weights or {}).items()}, sizes=sizes, room=200_000)


@pytest.fixture(params=["node", pytest.param("browser", marks=pytest.mark.browser)])
def run(request):
    """run(code, data, models): the same in Node and in a browser."""
    if request.param == "node":
        return run_in_node
    browser = request.getfixturevalue("browser")
    return lambda *arguments: run_in_browser(browser, *arguments)


@pytest.fixture
def in_engine(run):
    """in_engine(code, data, weights, **sizes): what code returns with `engine`, the same with the kernel as in plain JavaScript."""

    def answer(code, data=None, weights=None, **sizes):
        return run(BOTH_ENGINES.replace("CODE", code), data, {"sample": sample_file(weights, **sizes)})

    return answer


def test_kernel_and_javascript_give_the_same_bits_for_every_shape_and_for_blocks_of_columns(in_engine):
    sizes = [(m, k, n) for m in (1, 3, 4, 9) for k in (1, 7, 32) for n in (1, 7, 8, 19)]
    code = """
    const numbers = length => Array.from({ length }, (_, i) => Math.sin(12.9898 * (i + 1)) * 43758.5453 % 1);
    const random = (rows, columns, e) => put(rows, columns, numbers(rows * columns), e);
    return data.map(([m, k, n]) => {
      const [ours, theirs] = [engine, plain].map(e => e.answer(() => {
        const a = random(m, k + 2, e), block = { ...a, columns: k, data: a.data.subarray(2) };
        return e.multiply(block, random(k, n, e), random(m, n, e)).data.slice();
      })[0]);
      return ours.every((x, i) => Object.is(x, theirs[i])) && ours.some(x => x);
    });"""
    assert in_engine(code, sizes) == [True] * len(sizes)


def test_the_committed_kernel_is_what_its_source_compiles_to():
    try:
        made = compile_kernel()
    except OSError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    assert made == kernel()


def test_linear_layer_norm_embedding_and_activations(in_engine):
    x, weight, bias = normal(5, 12), normal(9, 12, seed=1), normal(9, seed=2)
    factor, shift = normal(1, 12, seed=4), normal(1, 12, seed=3)
    weights = {"map.weight": weight.T.contiguous(), "map.bias": bias[None], "norm.weight": factor, "norm.bias": shift,
               "norm.gain": factor}
    code = """return engine.answer(() => {
      const x = () => put(5, 12, data);
      return { linear: engine.linear(x(), "map").data, norm: engine.layerNorm(x(), "norm").data,
        rms: engine.rmsNorm(x(), "norm").data,
        words: engine.embedding([3, 0, 3], "map", 2).data, relu: engine.relu(x()).data, gelu: engine.gelu(x()).data,
        quick: engine.quickGelu(x()).data, sigmoid: engine.sigmoid(x()).data, sum: engine.add(x(), x()).data,
        turned: engine.transpose(x()).data };
    }, ["map", "norm"]);"""
    result, seen = in_engine(code, x.flatten().tolist(), weights)
    expected = {
        "linear": F.linear(x, weight, bias), "norm": F.layer_norm(x, [12], factor[0], shift[0]),
        "rms": F.rms_norm(x, [12], factor[0], eps=1e-5), "words": 2 * weight.T[[3, 0, 3]], "relu": x.relu(),
        "gelu": F.gelu(x), "quick": x * torch.sigmoid(1.702 * x),
        "sigmoid": x.sigmoid(), "sum": 2 * x, "turned": x.T,
    }
    for name, tensor in expected.items():
        assert torch.tensor(result[name]) == pytest.approx(tensor.flatten().numpy(), abs=2e-6), name
    assert seen["map"] == [{"shape": [5, 9], "data": result["linear"]}] and seen["norm"][0]["data"] == result["norm"]


@pytest.mark.parametrize("side, stride, height, width", [(3, 1, 6, 5), (3, 2, 7, 6), (5, 2, 8, 9), (1, 2, 5, 4), (1, 1, 3, 3)])
def test_convolution(in_engine, side, stride, height, width):
    image, weight, bias = normal(1, 4, height, width), normal(6, 4, side, side, seed=1), normal(6, seed=2)
    weights = {"conv.weight": weight.permute(2, 3, 1, 0).reshape(-1, 6), "conv.bias": bias[None]}
    code = """return engine.answer(() => {
      const { height, width, stride } = data, pixels = put(height * width, 4, data.image);
      const map = engine.convolution({ ...pixels, height, width }, "conv", stride);
      return [map.height, map.width, map.data];
    })[0];"""
    data = {"image": image.permute(0, 2, 3, 1).flatten().tolist(), "height": height, "width": width, "stride": stride}
    rows, columns, out = in_engine(code, data, weights)
    expected = F.conv2d(image, weight, bias, stride, side // 2)
    assert (rows, columns) == expected.shape[2:]
    assert torch.tensor(out) == pytest.approx(expected.permute(0, 2, 3, 1).flatten().numpy(), abs=1e-5)


def test_attention_with_masks_and_a_query_that_sees_nothing(in_engine):
    query, key, value = normal(1, 2, 5, 4), normal(1, 2, 7, 4, seed=1), normal(1, 2, 7, 4, seed=2)
    mask = torch.rand(5, 7, generator=torch.Generator().manual_seed(3)) < 0.6
    mask[2] = False
    flat = [tensor[0].transpose(0, 1).flatten().tolist() for tensor in (query, key, value)]
    code = """return engine.answer(() => {
      const [q, k, v] = [5, 7, 7].map((n, i) => put(n, 8, data.flat[i]));
      return engine.attend(q, engine.transpose(k), v, "self", (i, j) => data.mask[i][j]).data;
    }, ["self.weights"]);"""
    out, seen = in_engine(code, {"flat": flat, "mask": mask.tolist()}, {"self.o_proj.weight": torch.eye(8)}, n_heads=2)
    expected, weights = scaled_dot_product_attention(query, key, value, mask)
    assert torch.tensor(out) == pytest.approx(expected[0].transpose(0, 1).flatten().numpy(), abs=1e-6)
    assert seen["self.weights"][0]["shape"] == [2, 5, 7]
    assert torch.tensor(seen["self.weights"][0]["data"]) == pytest.approx(weights.flatten().numpy(), abs=1e-6)


def test_causal_prefill_and_a_cache_fed_word_by_word_give_the_same(in_engine):
    tokens, square = normal(6, 8), {f"self.{part}_proj.weight": normal(8, 8, seed=i) / 3 for i, part in enumerate("qkvo")}
    code = """const feed = parts => engine.answer(() => {
        const cache = engine.newCache(10, 8);
        const words = (from, to) => put(to - from, 8, data.slice(8 * from, 8 * to));
        return parts.flatMap(([from, to]) => Array.from(engine.attendCausally(words(from, to), cache, "self").data));
      })[0];
      return [feed([[0, 6]]), feed([[0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [5, 6]]), feed([[0, 4], [4, 6]])];"""
    results = in_engine(code, tokens.flatten().tolist(), square, n_heads=2)
    query, key, value = ((tokens @ square[f"self.{part}_proj.weight"]).view(6, 2, 4).transpose(0, 1) for part in "qkv")
    heads, _ = scaled_dot_product_attention(query, key, value, causal_mask(6))
    expected = heads.transpose(0, 1).flatten(1) @ square["self.o_proj.weight"]
    for result in results:
        assert torch.tensor(result) == pytest.approx(expected.flatten().numpy(), abs=1e-5)


def test_position_codes_and_bilinear_samples(in_engine):
    real = torch.ones(1, 5, 6, dtype=torch.bool)
    real[:, 4:], real[:, :, 3:] = False, False
    features, points = normal(1, 3, 5, 6), torch.rand(20, 2, generator=torch.Generator().manual_seed(1)) * 1.4 - 0.2
    code = """return engine.answer(() => ({
      code: engine.sineCode([0, 1, 2.5, 40], 8, 20).data, map: engine.sineMap(data.real, 5, 6, 12, 20).data,
      sample: engine.sample({ ...put(30, 3, data.features), height: 5, width: 6 }, data.points).data,
    }))[0];"""
    data = {"real": real.int().flatten().tolist(), "features": features.permute(0, 2, 3, 1).flatten().tolist(), "points": points.tolist()}
    result = in_engine(code, data)
    code = sinusoidal_code(torch.tensor([0, 1, 2.5, 40]), 8, base=20)
    assert torch.tensor(result["code"]) == pytest.approx(code.flatten().numpy(), abs=1e-6)
    assert torch.tensor(result["map"]) == pytest.approx(sine_map(real, 12, base=20).permute(0, 2, 3, 1).flatten().numpy(), abs=1e-6)
    sampled = F.grid_sample(features, 2 * points[None, None] - 1, align_corners=False)[0, :, 0].T
    assert torch.tensor(result["sample"]) == pytest.approx(sampled.flatten().numpy(), abs=1e-5)


def test_top_k_and_non_maximum_suppression(run):
    corners = torch.rand(40, 4, generator=torch.Generator().manual_seed(0)).sort(dim=-1).values
    scores, labels = torch.rand(40, generator=torch.Generator().manual_seed(1)), torch.arange(40) % 2
    code = """const { boxes, scores, labels } = data;
    return [topK(scores, 7), nonMaximumSuppression(boxes, scores, labels, .3), iou(boxes[0], boxes[1])];"""
    best, stay, overlap = run(code, {"boxes": corners.tolist(), "scores": scores.tolist(), "labels": labels.tolist()})
    assert best == scores.topk(7).indices.tolist()
    kept = nms(corners, scores, labels, iou_threshold=0.3).tolist()
    assert stay == kept and 5 < len(kept) < 40
    assert overlap == pytest.approx(box_iou(corners[:1], corners[1:2]).item())


def test_an_input_too_large_for_the_memory_and_a_missing_parameter_are_one_sentence(in_engine):
    with pytest.raises(ValueError, match="needs more memory than the model “sample” has in the page"):
        in_engine("return engine.answer(() => engine.tensor(1000, 1000));")
    with pytest.raises(ValueError, match="no parameter “nothing.weight”"):
        in_engine('return engine.answer(() => engine.linear(engine.tensor(1, 1), "nothing"));')
