"""The walk through a Transformer: its numbers are the model's; words are stepped through, and every box opens."""

import itertools
import math
from base64 import b64decode

import pytest
import torch
from figure_modules import ask, ask_each, data_file, number, state_of
from figure_modules import said as said_of
from figure_page import readout, small_buttons, tab_to

from book_lib.attention import causal_mask
from book_lib.book.figure import declared_traits, figure, recorder
from book_lib.positional import sinusoidal_code
from book_lib.transformer import Transformer, greedy_decode

NAME = "transformer_walk"
BOXES = declared_traits(NAME)["box"]["enum"]
SOURCE_WORDS = ["<pad>", "<start>", "<end>", *"这个动物没有过马路，因为它太累了机器学习"]
ENGLISH = ["the", "animal", "did", "not", "cross", "road", "because", "it", "was", "too", "tired", "machine", "learning"]
TARGET_WORDS = ["<pad>", "<start>", "<end>", *ENGLISH]
SENTENCE = "这个动物没有过马路，因为它太累了"


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return Transformer(len(SOURCE_WORDS), len(TARGET_WORDS), d_model=32, n_heads=4, d_ff=48, n_layers=3)


@pytest.fixture(scope="module")
def walks(model):
    words = {"source_words": SOURCE_WORDS, "target_words": TARGET_WORDS, "max_length": 14}
    return [recorder(NAME).walk(model, sentence, **words) for sentence in (SENTENCE, "机器学习")]


@pytest.fixture(scope="module")
def pages_walks(model):
    words = {"source_words": SOURCE_WORDS, "target_words": TARGET_WORDS, "max_length": 15}
    return [recorder(NAME).walk(model, sentence, **words) for sentence in ("动物太累了", SENTENCE)]


@pytest.fixture(scope="module")
def shown(pages_walks):
    return figure(NAME, number="5.1", data=pages_walks, layer=0, head=0)


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
    assert data_file(NAME)[0]["target"] == ["<start>", "machine", "learning", "<end>"]
    for anew, old in zip(recorder(NAME).walks(), data_file(NAME), strict=True):
        assert_equal(anew, old)


def assert_equal(anew, old):
    assert anew["target"] == old["target"]
    assert {key: anew[key] for key in ("label", "source", "sizes")} == {key: old[key] for key in ("label", "source", "sizes")}
    for name, (scale, text) in anew["features"].items():
        assert old["features"][name][0] == pytest.approx(scale, rel=1e-3), "trained anew? run figures/transformer_walk/record.py"
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
        shown = torch.tensor(ask(NAME, "m.features(s)", data=walks, walk=which, step=step, box=box, layer=layer))
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
            states = [{"layer": layer, "head": head} for layer, head in itertools.product(range(3), range(4))]
            answers = ask_each(NAME, "m.weights(s)", states, data=walks, step=step, box=box)
            for (layer, head), shown in zip(itertools.product(range(3), range(4)), answers, strict=True):
                assert (torch.tensor(shown) - layers[layer][0, head]).abs().max() <= 0.5 / 255 + 1e-5
        chances, best = logits[0, -1].softmax(dim=-1), walks[0]["next"][step - 1]
        assert [word for word, _, _ in best] == [TARGET_WORDS[i] for i in chances.topk(5).indices]
        assert [p for _, _, p in best] == pytest.approx(chances.topk(5).values.tolist(), abs=1e-4)
        assert [x for _, x, _ in best] == pytest.approx(logits[0, -1].topk(5).values.tolist(), abs=0.01)
        assert best[0][0] == walks[0]["target"][step] == TARGET_WORDS[written[0, step]]


def test_walking_leaves_the_model_as_it_was(model):
    model.train()
    recorder(NAME).walk(model, "机器", source_words=SOURCE_WORDS, target_words=TARGET_WORDS, max_length=6)
    assert model.training and all(layer.training for layer in model.decoder.layers)
    assert not any(module._forward_hooks for module in model.modules())


def test_what_cannot_be_walked_is_refused(model):
    with pytest.raises(ValueError, match="^walk: 'x' is not among the 23 source words$"):
        recorder(NAME).walk(model, "机x", source_words=SOURCE_WORDS, target_words=TARGET_WORDS)
    for settings in ({"norm_first": True}, {"final_norm": True}):
        other = Transformer(23, 16, d_model=16, n_heads=2, d_ff=16, n_layers=1, **settings)
        with pytest.raises(ValueError, match="^walk: the model must have the paper's post-norm and no last norms$"):
            recorder(NAME).walk(other, "机器", source_words=SOURCE_WORDS, target_words=TARGET_WORDS)


def test_the_first_state_writes_machine_with_cross_attention_open():
    first = state_of(NAME)
    assert first["data"][0]["target"][first["step"]] == "machine" and first["box"] == "dec-cross"
    alignment = [ask(NAME, "m.weights(s)", step=step)[-1] for step in (1, 2)]
    assert [row.index(max(row)) for row in alignment] == [0, 2] and min(map(max, alignment)) > 0.8      # 机 and 学


def test_every_box_has_its_sentence_and_as_many_rows_as_its_shape_says(walks):
    numbers = "/self|cross/.test(s.box) ? m.weights(s) : /linear|softmax/.test(s.box) ? null : m.features(s)"
    for sentence, rows, shapes in ask_each(NAME, f"[m.sentence(s), {numbers}, m.shapes(s)]", list(states()), data=walks):
        assert not any(word in sentence for word in ("{", "undefined", "NaN"))
        assert rows is None or len(rows) == shapes[0][0][1]


def test_the_shapes_shown_are_those_of_the_tensors(model, walks):
    source, written = numbers(model, SENTENCE)
    with torch.no_grad():
        memory, is_word, looks = model.encode(source)
        logits, own, cross = model.decode(written[:, :5], memory, is_word)
        inside = model.decoder.layers[0].feed_forward.linear1(memory[:, :5])
    boxes = {"enc-norm2": [memory], "enc-self": [memory, looks[0]], "dec-self": [memory[:, :5], own[0]],
             "dec-cross": [memory[:, :5], cross[0]], "dec-feed": [memory[:, :5], inside], "linear": [logits], "softmax": [logits]}
    answers = ask_each(NAME, "m.shapes(s)", [{"step": 5, "box": box} for box in boxes], data=walks)
    for answer, tensors in zip(answers, boxes.values(), strict=True):
        assert [shape for shape, _ in answer] == [list(tensor.shape) for tensor in tensors]


@pytest.mark.browser
def test_words_are_stepped_through_and_boxes_open_by_mouse(visit, pages_walks):
    page = visit()

    def said(**state):
        return said_of(NAME, **{"data": pages_walks, "layer": 0, "head": 0} | state)

    assert readout(page) == said()
    page.get_by_role("button", name="Next step").click()
    assert readout(page) == said(step=2)
    page.get_by_role("button", name="Layer 3", exact=True).click()
    page.get_by_role("button", name="Head 4", exact=True).click()
    assert readout(page) == said(step=2, layer=2, head=3)
    page.get_by_role("button", name="Decoder layer 3, Add & norm 2").click()
    now = {"step": 2, "layer": 2, "head": 3, "box": "dec-norm2"}
    assert readout(page) == said(**now)
    shown = page.locator(".bk-walk-heat").all_inner_texts()
    assert shown == [number(x, 1) for row in ask(NAME, "m.features(s)", data=pages_walks, **now) for x in row[:4]]
    page.get_by_label("Sentence").select_option(index=1)
    page.get_by_role("button", name="Step 9:").click()
    page.get_by_role("button", name="Decoder, Softmax").click()
    assert readout(page) == said(walk=1, step=9, layer=2, head=3, box="softmax")
    assert page.locator(".bk-walk-table tbody tr").count() == 5
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == said()


@pytest.mark.browser
def test_the_encoder_keeps_its_numbers_and_the_decoder_adds_rows(visit):
    page = visit()
    boxes = {"Encoder layer 1, Feed-forward": [], "Decoder layer 1, Feed-forward": []}
    for _ in range(3):
        for name, seen in boxes.items():
            page.get_by_role("button", name=name).click()
            readout(page)
            seen.append(page.locator(".bk-walk-heat").all_inner_texts())
        page.get_by_role("button", name="Next step").click()
    encoder, decoder = boxes.values()
    assert encoder[0] == encoder[1] == encoder[2] and len(encoder[0]) == 4 * 5
    assert [len(rows) for rows in decoder] == [4, 8, 12] and decoder[2][:8] == decoder[1] and decoder[1][:4] == decoder[0]


@pytest.mark.browser
def test_the_walk_goes_by_keyboard(visit, pages_walks):
    page = visit()

    def said(**state):
        return said_of(NAME, **{"data": pages_walks, "layer": 0, "head": 0} | state)

    tab_to(page, page.get_by_role("button", name="Encoder layer 1, Self-attention"))
    page.keyboard.press("Enter")
    assert readout(page) == said(box="enc-self")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert readout(page) == said(box="enc-norm1")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    assert readout(page) == said(box="enc-norm1", step=0)
    tab_to(page, page.get_by_role("button", name="Decoder, Linear"))
    page.keyboard.press("Space")
    assert "has not been given a word" in readout(page) and readout(page) == said(box="linear", step=0)
    page.keyboard.press("ArrowRight")
    assert readout(page) == said(box="linear")


@pytest.mark.browser
def test_boxes_are_large_enough_for_a_finger(visit):
    assert small_buttons(visit(), ".bk-stage") == []
