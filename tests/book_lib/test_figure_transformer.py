"""The two figures of chapter 5: their numbers are the library's, in Python and in the browser; their pictures stand alone."""

import itertools
import json
import math
from base64 import b64decode

import pytest
import torch
from figure_modules import in_javascript

from book_lib.attention import MultiHeadAttention, causal_mask, scaled_dot_product_attention
from book_lib.positional import sinusoidal_code
from book_lib.transformer import Transformer, greedy_decode
from book_lib.widgets import CausalMask, TransformerWalk, module_source, walk
from book_lib.widgets.causal_mask import ANSWER, CLEAN, FUTURE, causal, opened
from book_lib.widgets.transformer_walk import BOXES, EXAMPLE, example

SOURCE_WORDS = ["<pad>", "<start>", "<end>", *"这个动物没有过马路，因为它太累了机器学习"]
ENGLISH = ["the", "animal", "did", "not", "cross", "road", "because", "it", "was", "too", "tired", "machine", "learning"]
TARGET_WORDS = ["<pad>", "<start>", "<end>", *ENGLISH]
SENTENCE = "这个动物没有过马路，因为它太累了"
MASKS = [
    {},
    {"layers": 2},
    {"layers": 3},
    {"mask": causal(6)},
    {"mask": causal(6), "shifted": False},
    {"mask": opened(6, (2, 0), (2, 1), (2, 2), (0, 5)), "layers": 4},
    {"mask": [[0] * 6] * 6, "layers": 2},
    {"words": ["<start>", "go", "<end>"], "mask": [[1, 1], [0, 1]]},
]


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return Transformer(len(SOURCE_WORDS), len(TARGET_WORDS), d_model=32, n_heads=4, d_ff=48, n_layers=3)


@pytest.fixture(scope="module")
def walks(model):
    words = {"source_words": SOURCE_WORDS, "target_words": TARGET_WORDS, "max_length": 14}
    return [walk(model, SENTENCE, **words), walk(model, "机器学习", **words)]


def numbers(model, sentence):
    """Source [1, m] and what the model writes [1, n] after it, in evaluation mode."""
    source = torch.tensor([[SOURCE_WORDS.index(word) for word in sentence]])
    model.eval()
    return source, greedy_decode(model, source, max_length=14)


def states():
    """Steps, boxes, layers and heads that between them visit every box and both ends."""
    for i, box in enumerate(BOXES):
        yield {"walk": i % 2, "step": 1 + i % 5, "box": box, "layer": i % 3, "head": i % 4}
    yield {"step": 0, "box": "dec-cross"}
    yield {"step": 0, "box": "enc-self", "layer": 2, "head": 3}


def test_the_example_recorded_is_what_the_translator_computes():
    anew, old = example(), json.loads(EXAMPLE.read_text("utf-8"))
    assert anew["target"] == old["target"] == ["<start>", "machine", "learning", "<end>"]
    assert {key: anew[key] for key in ("label", "source", "sizes")} == {key: old[key] for key in ("label", "source", "sizes")}
    for name, (scale, text) in anew["features"].items():
        assert old["features"][name][0] == pytest.approx(scale, rel=1e-3), "trained anew? run record() of transformer_walk.py"
        assert max(abs(a - b) for a, b in zip(b64decode(text), b64decode(old["features"][name][1]), strict=True)) <= 1
    for name, text in anew["weights"].items():
        assert max(abs(a - b) for a, b in zip(b64decode(text), b64decode(old["weights"][name]), strict=True)) <= 1
    for ours, theirs in zip(itertools.chain(*anew["next"]), itertools.chain(*old["next"]), strict=True):
        assert ours[0] == theirs[0] and ours[1:] == pytest.approx(theirs[1:], abs=0.02)


@pytest.mark.parametrize("which, sentence", [(0, SENTENCE), (1, "机器学习")])
def test_features_are_those_of_the_layers_to_half_a_step(model, walks, which, sentence):
    source, written = numbers(model, sentence)
    given = written[:, :-1]
    with torch.no_grad():
        embedded = {side: table(words) * math.sqrt(32) for side, table, words in (
            ("enc", model.source_embedding, source), ("dec", model.target_embedding, given))}
        expected = {(f"{side}-embedding", 0): tokens for side, tokens in embedded.items()}
        x, y = (tokens + sinusoidal_code(torch.arange(tokens.size(1)).float(), 32) for tokens in embedded.values())
        expected |= {("enc-position", 0): x, ("dec-position", 0): y}
        for i, layer in enumerate(model.encoder.layers):
            x = expected["enc-norm1", i] = layer.add_norm1.norm(x + layer.self_attention(x)[0])
            change = expected["enc-feed", i] = layer.feed_forward(x)
            x = expected["enc-norm2", i] = layer.add_norm2.norm(x + change)
        for i, layer in enumerate(model.decoder.layers):
            y = expected["dec-norm1", i] = layer.add_norm1.norm(y + layer.self_attention(y, mask=causal_mask(y.size(1)))[0])
            y = expected["dec-norm2", i] = layer.add_norm2.norm(y + layer.cross_attention(y, x)[0])
            change = expected["dec-feed", i] = layer.feed_forward(y)
            y = expected["dec-norm3", i] = layer.add_norm3.norm(y + change)
    step = given.size(1)
    for (box, layer), tokens in expected.items():
        shown = torch.tensor(TransformerWalk(walks=walks, walk=which, step=step, box=box, layer=layer).features())
        scale = tokens[0, :, :16].abs().max()
        assert shown.shape == tokens[0, :, :16].shape
        assert (shown - tokens[0, :, :16]).abs().max() <= 0.51 * scale / 127 + 1e-4, box


def test_weights_and_next_words_are_what_the_model_gives_for_the_words_written_so_far(model, walks):
    source, written = numbers(model, SENTENCE)
    for step in (1, 4, written.size(1) - 1):
        with torch.no_grad():
            memory, is_word, looks = model.encode(source)
            logits, own, cross = model.decode(written[:, :step], memory, is_word)
        for box, layers in (("enc-self", looks), ("dec-self", own), ("dec-cross", cross)):
            for layer, head in itertools.product(range(3), range(4)):
                shown = TransformerWalk(walks=walks, step=step, box=box, layer=layer, head=head).weights()
                assert (torch.tensor(shown) - layers[layer][0, head]).abs().max() <= 0.5 / 255 + 1e-5
        chances, best = logits[0, -1].softmax(dim=-1), walks[0]["next"][step - 1]
        assert [word for word, _, _ in best] == [TARGET_WORDS[i] for i in chances.topk(5).indices]
        assert [p for _, _, p in best] == pytest.approx(chances.topk(5).values.tolist(), abs=1e-4)
        assert [x for _, x, _ in best] == pytest.approx(logits[0, -1].topk(5).values.tolist(), abs=0.01)
        assert best[0][0] == walks[0]["target"][step] == TARGET_WORDS[written[0, step]]


def test_walking_leaves_the_model_as_it_was(model):
    model.train()
    walk(model, "机器", source_words=SOURCE_WORDS, target_words=TARGET_WORDS, max_length=6)
    assert model.training and all(layer.training for layer in model.decoder.layers)
    assert not any(module._forward_hooks for module in model.modules())


def test_what_cannot_be_walked_is_refused(model):
    with pytest.raises(ValueError, match="^walk: 'x' is not among the 23 source words$"):
        walk(model, "机x", source_words=SOURCE_WORDS, target_words=TARGET_WORDS)
    for settings in ({"norm_first": True}, {"final_norm": True}):
        other = Transformer(23, 16, d_model=16, n_heads=2, d_ff=16, n_layers=1, **settings)
        with pytest.raises(ValueError, match="^walk: the model must have the paper's post-norm and no last norms$"):
            walk(other, "机器", source_words=SOURCE_WORDS, target_words=TARGET_WORDS)


def in_browser(what, figures):
    """The values of a JavaScript expression over the state `s` of figures that differ only in small traits."""
    common = {name: value for name, value in figures[0].state.items() if name == "walks"}
    changes = [{name: value for name, value in figure.state.items() if name != "walks"} for figure in figures]
    call = f"((common, changes) => changes.map(change => (s => {what})({{...common, ...change}})))"
    (answers,) = in_javascript("transformer_walk", f"{call}({json.dumps(common)}, {json.dumps(changes)})")
    return answers


def test_the_browser_shows_the_same_walk(walks):
    figures = [TransformerWalk(walks=walks, **state) for state in states()]
    numbers = "/self|cross/.test(s.box) ? m.weights(s) : /linear|softmax/.test(s.box) ? null : m.features(s)"
    what = f"[m.check(s), m.sentence(s), {numbers}, m.shapes(s)]"
    for figure, (problem, sentence, shown, shapes) in zip(figures, in_browser(what, figures), strict=True):
        assert problem is None and sentence == figure.sentence()
        if shown is not None:
            ours = figure.weights() if figure.box.endswith(("self", "cross")) else figure.features()
            assert len(shown) == len(ours) == shapes[0][0][1]
            assert all(a == pytest.approx(b) for a, b in zip(shown, ours, strict=True))


def test_the_first_state_writes_machine_with_cross_attention_open():
    first = TransformerWalk()
    assert in_browser("m.sentence(s)", [first]) == [first.sentence()]
    assert first.one["target"][first.step] == "machine" and first.box == "dec-cross"
    alignment = [TransformerWalk(step=step).weights()[-1] for step in (1, 2)]
    assert [row.index(max(row)) for row in alignment] == [0, 2] and min(map(max, alignment)) > 0.8      # 机 and 学


def test_the_shapes_shown_are_those_of_the_tensors(model, walks):
    source, written = numbers(model, SENTENCE)
    with torch.no_grad():
        memory, is_word, looks = model.encode(source)
        logits, own, cross = model.decode(written[:, :5], memory, is_word)
        inside = model.decoder.layers[0].feed_forward.linear1(memory[:, :5])
    boxes = {"enc-norm2": [memory], "enc-self": [memory, looks[0]], "dec-self": [memory[:, :5], own[0]],
             "dec-cross": [memory[:, :5], cross[0]], "dec-feed": [memory[:, :5], inside], "linear": [logits], "softmax": [logits]}
    answers = in_browser("m.shapes(s)", [TransformerWalk(walks=walks, step=5, box=box) for box in boxes])
    for answer, tensors in zip(answers, boxes.values(), strict=True):
        assert [shape for shape, _ in answer] == [list(tensor.shape) for tensor in tensors]


def reached_by_gradient(figure):
    """Which inputs [n, n] move which outputs of self-attention layers with this mask and residual connections."""
    torch.manual_seed(0)
    n = len(figure.mask)
    layers = [MultiHeadAttention(8, 2).double() for _ in range(figure.layers)]
    mask, x = torch.tensor(figure.mask, dtype=torch.bool), torch.randn(1, n, 8, dtype=torch.float64, requires_grad=True)
    tokens = x
    for layer in layers:
        tokens = tokens + layer(tokens, mask=mask)[0]
    found = []
    for i in range(n):
        (slope,) = torch.autograd.grad(tokens[0, i].sum(), x, retain_graph=True)
        found.append((slope[0].abs().sum(dim=-1) > 1e-12).int().tolist())
    return found


@pytest.mark.parametrize("state", MASKS)
def test_what_reaches_an_output_is_what_the_gradient_finds(state):
    figure = CausalMask(**state)
    assert figure.reach() == reached_by_gradient(figure)


def test_an_opened_cell_spoils_its_row_at_once_and_the_rows_up_to_its_column_through_layers():
    for i, j in itertools.combinations(range(6), 2):
        one, two, three = (CausalMask(mask=opened(6, (i, j)), layers=layers).known() for layers in (1, 2, 3))
        assert [t for t in range(6) if one[t]] == [i]
        assert [t for t in range(6) if two[t]] == [t for t in range(6) if three[t]] == list(range(i, j))
        assert three == [ANSWER if i <= t < j else CLEAN for t in range(6)]
        assert one[i] == (ANSWER if j == i + 1 else FUTURE)


def test_closing_cells_never_leaks_and_without_the_shift_every_mask_does():
    generator = torch.Generator().manual_seed(0)
    for _ in range(40):
        closed = (causal_mask(6) & (torch.rand(6, 6, generator=generator) < 0.5)).int().tolist()
        assert CausalMask(mask=closed, layers=4).known() == [CLEAN] * 6
        assert CausalMask(mask=closed, layers=4, shifted=False).known() == [ANSWER] * 6


def test_a_blind_row_is_zero_here_and_nan_in_a_plain_softmax():
    figure = CausalMask(mask=opened(6, (2, 0), (2, 1), (2, 2)))
    assert figure.blind() == [2] and "sees nothing" in figure.sentence() and "sees nothing" not in CausalMask().sentence()
    x, mask = torch.randn(6, 4), torch.tensor(figure.mask, dtype=torch.bool)
    assert scaled_dot_product_attention(x, x, x, mask)[0][2].tolist() == [0, 0, 0, 0]
    assert (x @ x.T).masked_fill(~mask, -math.inf).softmax(dim=-1)[2].isnan().all()


def test_the_browser_finds_the_same_leaks():
    figures = [CausalMask(**state) for state in MASKS]
    call = "(s => [m.check(s), m.sentence(s), m.reach(s), m.known(s), m.blind(s), m.causal(s.mask.length)])"
    answers = in_javascript("causal_mask", *(f"{call}({json.dumps(figure.state)})" for figure in figures))
    for figure, (problem, *rest) in zip(figures, answers, strict=True):
        assert problem is None
        assert rest == [figure.sentence(), figure.reach(), figure.known(), figure.blind(), causal_mask(len(figure.mask)).int().tolist()]


@pytest.mark.parametrize(
    "figure_class, wrong, trait",
    [
        (TransformerWalk, {"walks": []}, "walks"),
        (TransformerWalk, {"walks": [{"label": "x"}]}, "walks"),
        (TransformerWalk, {"walk": 1}, "walk"),
        (TransformerWalk, {"step": 4}, "step"),
        (TransformerWalk, {"box": "dec-middle"}, "box"),
        (TransformerWalk, {"layer": 2}, "layer"),
        (TransformerWalk, {"head": 4}, "head"),
        (CausalMask, {"words": ["a", "b"]}, "words"),
        (CausalMask, {"mask": [[1, 0], [1, 1]]}, "mask"),
        (CausalMask, {"mask": [[2] * 6] * 6}, "mask"),
        (CausalMask, {"mask": [[1] * 5] * 6}, "mask"),
        (CausalMask, {"layers": 5}, "layers"),
        (CausalMask, {"shifted": 1}, "shifted"),
    ],
)
def test_wrong_settings_are_refused_by_name_here_and_in_the_browser(figure_class, wrong, trait):
    with pytest.raises(ValueError, match=f"{figure_class.__name__}: {trait} is "):
        figure_class(**wrong)
    (problem,) = in_javascript(figure_class.name, f"m.check({json.dumps(figure_class().state | wrong)})")
    assert problem["trait"] == trait


@pytest.mark.parametrize("change", [
    lambda one: one | {"target": one["target"][:-1]},
    lambda one: one | {"sizes": [2, 3, 128, 256, 318]},
    lambda one: one | {"weights": one["weights"] | {"dec-cross 1": one["weights"]["enc-self 1"]}},
    lambda one: one | {"features": {name: value for name, value in one["features"].items() if name != "dec-feed 0"}},
    lambda one: one | {"next": one["next"][1:]},
])
def test_a_walk_whose_parts_do_not_fit_is_refused(change):
    broken = [change(TransformerWalk().walks[0])]
    with pytest.raises(ValueError, match="TransformerWalk: walks is "):
        TransformerWalk(walks=broken)
    (problem,) = in_javascript("transformer_walk", f"m.check({json.dumps(TransformerWalk().state | {'walks': broken})})")
    assert problem["trait"] == "walks"


def test_static_forms_are_small_and_speak(walks):
    figures = [TransformerWalk(number="5.1", walks=walks, box=box, step=3) for box in ("dec-cross", "enc-norm1", "softmax")]
    figures += [TransformerWalk(number="5.1", step=0), CausalMask(number="5.2", layers=3)]
    for figure in figures:
        assert figure.static_html() == figure.static_html()
        assert len(figure.static_html().encode()) < 60_000 and len(module_source(figure.name)) < 33_000
    cross, norm, softmax, _, mask = (figure.picture() for figure in figures)
    assert cross.count("<rect") == len(BOXES) + 3 * len(SENTENCE) + 1 and cross.count("aria-label") == 2
    assert norm.count("<td>") == 4 * len(SENTENCE) and softmax.count("<td>") == 2 * 5
    assert mask.count("sees answer") == 3 and mask.count("<td>!</td>") == 3 + 2 + 1
