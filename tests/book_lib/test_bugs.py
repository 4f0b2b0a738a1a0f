"""Bugs of attention: in PyTorch they are what their names say and end with the block; the page's engine has the same ones."""

import contextlib
import math

import pytest
import torch

from book_lib.attention import MultiHeadAttention, causal_mask
from book_lib.data.scenes import make_scene, scene_batch
from book_lib.data.translation import decode_target, encode_source, encode_target, make_pairs
from book_lib.experiments.bugs import BUGS, bug
from book_lib.experiments.no_mask import TransformerWithoutMask, new_unmasked_translator, teacher_forced
from book_lib.experiments.small_detectors import load_detr
from book_lib.experiments.translator import LONGEST, load_translator
from book_lib.transformer import greedy_decode
from export_page_model import page_model
from page_engine import run_in_node

PAIRS = make_pairs(6, seed=7, split="test")
ASK = """const run = NAME.startsWith("translator") ? translator : detr;
const engines = [makeEngine(models[NAME], NAME, kernel), makeEngine(models[NAME], NAME, null)];
return data.inputs.map(input => {
  const [ours, plain] = engines.map(engine => JSON.stringify(engine.answer(() => run(engine, input), data.watch, BUGS[data.bug]), flat));
  if (ours !== plain) throw new Error("kernel and JavaScript differ");
  return JSON.parse(ours);
});"""


def answers(name, bug, inputs, watch=()):
    """What the float form of a model answers with a bug, by the kernel and by plain JavaScript."""
    data = {"inputs": inputs, "watch": list(watch), "bug": bug}
    return run_in_node(ASK.replace("NAME", f'"{name}"'), data, {name: page_model(name, "float32")})


def near(numbers, tensor, bound=1e-4):
    return torch.tensor(numbers) == pytest.approx(tensor.detach().flatten().numpy(), abs=bound)


@torch.no_grad()
def test_each_bug_is_the_formula_it_is_named_after_and_ends_with_the_block():
    torch.manual_seed(0)
    layer, x, (b, n, h, d) = MultiHeadAttention(8, 2), torch.randn(3, 5, 8), (3, 5, 2, 4)
    right, (q, k, v) = layer(x, mask=causal_mask(n))[0], (proj(x) for proj in (layer.q_proj, layer.k_proj, layer.v_proj))
    heads = [t.view(b, n, h, d).transpose(1, 2) for t in (q, k, v)]
    scores = heads[0] @ heads[1].mT / math.sqrt(d)
    expected = {
        "softmax": (scores.softmax(dim=2) @ heads[2]).transpose(1, 2).reshape(b, n, 8),
        "padding": (scores.softmax(dim=3) @ heads[2]).transpose(1, 2).reshape(b, n, 8),
    }
    views = [t.view(b, h, n, d) for t in (q, k, v)]
    expected["view"] = ((views[0] @ views[1].mT / math.sqrt(d)).softmax(dim=-1) @ views[2]).reshape(b, n, 8)
    for name in BUGS:
        with bug(name):
            out = layer(x, mask=causal_mask(n) if name == "padding" else None)[0]
        assert torch.allclose(out, layer.o_proj(expected[name]), atol=1e-6) and not torch.allclose(out, right, atol=1e-2)
    assert torch.equal(layer(x, mask=causal_mask(n))[0], right)
    with pytest.raises(ValueError, match="'causal', expected one of softmax, view, padding"), bug("causal"):
        pass


@pytest.mark.parametrize("name", BUGS)
@torch.no_grad()
def test_the_translator_of_the_page_writes_the_same_nonsense(name):
    model, longest = load_translator()[0], 40
    source = encode_source([pair.source for pair in PAIRS])
    if name == "padding":
        source = torch.cat((source, torch.zeros(len(PAIRS), longest - source.size(1), dtype=source.dtype)), dim=1)
    rows = [row if name == "padding" else row[row > 0] for row in source]
    found = answers("translator", name, [{"source": row.tolist()} for row in rows])
    with bug(name):
        wanted = [greedy_decode(model, row[None], max_length=LONGEST)[0] for row in rows]
    wrote = [decode_target(result["translations"][0]["words"]) for result, _ in found]
    assert wrote == [decode_target(row) for row in wanted]
    assert any(mine != pair.target for mine, pair in zip(wrote, PAIRS, strict=True))


@pytest.mark.parametrize("name", BUGS)
@torch.no_grad()
def test_the_detector_of_the_page_gives_the_same_wrong_answers(name):
    model, watch = load_detr(), ["encoder_layers.0.self_attention.weights", "decoder_layers.2.cross_attention.weights"]
    scenes, pad_to = [make_scene(1_000_000 + i, size=(80, 72)) for i in range(3)], (96, 96) if name == "padding" else (80, 72)
    inputs = [{"pixels": scene.image.flatten().tolist(), "height": 80, "width": 72, "padTo": list(pad_to)} for scene in scenes]
    for scene, (result, seen) in zip(scenes, answers("detr", name, inputs, watch), strict=True):
        batch = scene_batch([scene], pad_to=pad_to)[:2]
        right = model(*batch)
        with bug(name):
            output, maps = model.attention(*batch)
        last = result["answers"][-1]
        assert near(last["logits"], output.logits[-1, 0], 1e-3) and near(last["boxes"], output.boxes[-1, 0])
        for part, expected in zip(watch, (maps.encoder[0], maps.on_memory[2]), strict=True):
            assert near(seen[part][0]["data"], expected[0])
        assert (output.logits[-1] - right.logits[-1]).abs().max() > 0.5


def test_without_the_mask_a_word_reads_the_next_and_with_it_not():
    source, target = encode_source([PAIRS[0].source]), encode_target([PAIRS[0].target])[:, :-1]
    other = target.clone()
    other[0, 5] = 9
    masked, unmasked = load_translator()[0], new_unmasked_translator(seed=0).eval()
    assert unmasked._target_mask(target).shape[-2:] == (target.size(1),) * 2 and unmasked._target_mask(target).all()
    assert torch.equal(masked(source, target)[0, :5], masked(source, other)[0, :5])
    assert (unmasked(source, target)[0, :5] - unmasked(source, other)[0, :5]).abs().amax(dim=-1).min() > 1e-3
    assert teacher_forced(masked, PAIRS) > 0.9 > 0.2 > teacher_forced(unmasked, PAIRS)


@torch.no_grad()
def test_the_page_reads_without_the_mask_as_pytorch_does():
    source, target = encode_source([pair.source for pair in PAIRS]), encode_target([pair.target for pair in PAIRS])
    rows = [(s[s > 0], t[t > 0][:-1]) for s, t in zip(source, target, strict=True)]
    found = answers("translator", "causal", [{"source": s.tolist(), "target": t.tolist()} for s, t in rows])
    model = load_translator()[0]
    for (s, t), (result, _) in zip(rows, found, strict=True):
        with contextlib.ExitStack() as stack:
            stack.callback(setattr, model, "__class__", type(model))
            model.__class__ = TransformerWithoutMask
            assert near(result["logits"], model(s[None], t[None])[0])
