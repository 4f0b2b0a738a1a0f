"""Head explorer: weights and distances are the network's; heads are chosen by mouse, words by keyboard."""

import math

import pytest
import torch
from figure_modules import ask, ask_each, data_file
from figure_modules import said as said_of
from figure_page import readout, tab_to

from book_lib.book.figure import figure, recorder
from book_lib.experiments import grammar
from book_lib.experiments.gaps import accuracy_by_gap, exercises, load_gap_filler, right_answers
from book_lib.experiments.grammar import encode
from book_lib.experiments.heads import attention_distance, prune_heads

NAME = "head_explorer"
TEXTS = [
    "the animals did not cross the road because (it/they) (was/were) too tired",
    "the animals did not cross the road because (it/they) (was/were) too wide",
]


@pytest.fixture(scope="module")
def weights():
    network = load_gap_filler("2_layers", seed=0)
    with torch.no_grad():
        return [network(encode([text]))[1] for text in TEXTS]


@pytest.fixture(scope="module")
def examples(weights):
    example = recorder(NAME).attention_example
    return [example(text, text.split(), [layer[0] for layer in layers], asks=[8, 9]) for text, layers in zip(TEXTS, weights, strict=True)]


@pytest.fixture(scope="module")
def network():
    return load_gap_filler("2_layers", seed=0)


@pytest.fixture(scope="module")
def switches(network):
    sentences = dict(zip(TEXTS, ("they were", "it was"), strict=True))
    return recorder(NAME).with_switches(network, sentences, exercises(200, seed=2))


@pytest.fixture(scope="module")
def shown(switches):
    return figure(NAME, number="3.1", **switches, row=8)


def test_a_head_switched_off_is_a_head_pruned(network, switches):
    words, targets = exercises(200, seed=2)
    for off in ([2], [5], [0, 3, 6]):
        pruned = load_gap_filler("2_layers", seed=0)
        for layer in range(2):
            pruned.layers[layer] = prune_heads(network.layers[layer], [head - 4 * layer for head in off if head // 4 == layer])
        number = sum(1 << head for head in off)
        assert switches["accuracy"][number] == round(1000 * accuracy_by_gap(right_answers(pruned, words, targets), words, targets)["all"])
        for example, text in zip(switches["data"], TEXTS, strict=True):
            logits = pruned(encode([text]))[0][0]
            for answer in example["answers"]:
                pair = logits[answer["row"], [grammar.ANSWERS.index(word) for word in answer["options"]]].softmax(dim=-1)
                assert answer["shares"][number] == pytest.approx(1000 * pair[answer["right"]].item(), abs=0.6)


def test_the_sentence_says_what_is_off_and_what_the_network_answers(switches):
    answer = {"row": 0, "options": ["it", "they"], "right": 1, "shares": [999, 400, 700, 100]}
    example = {"label": "x", "queries": ["gap"], "keys": ["gap"], "weights": [[[255], [255]]], "asks": [0], "answers": [answer]}
    state = {"data": [example], "accuracy": [998, 700, 999, 500]}
    assert "their attention" not in said_of(NAME, **state) and "layer 1, head 1" not in said_of(NAME, **state)
    told = said_of(NAME, **state, off=[0])
    assert "Switched off: layer 1, head 1." in told and "“it”, which is wrong (“they” gets 40.0 %)" in told and "70.0 %" in told
    told = said_of(NAME, **state, off=[1])
    assert "“they” (70.0 % sure)" in told and "fills 99.9 % of the gaps" in told and "against 99.8 %" in told


def test_weights_are_those_of_the_network_to_half_a_step(weights, examples):
    for layer in range(2):
        for head in range(4):
            packed = torch.tensor(examples[0]["weights"][layer][head], dtype=torch.float64).view(12, 12) / 255
            assert (packed - weights[0][layer][0, head]).abs().max() <= 0.5 / 255 + 1e-12


def test_the_distance_is_the_librarys(weights, examples):
    gaps = torch.tensor([["(" in word for word in TEXTS[0].split()]])
    found = ask_each(NAME, "m.distance(s.data[0], 1, s.head)", [{"head": head} for head in range(4)], data=examples)
    assert found == pytest.approx(attention_distance(weights[0][1], gaps).tolist(), abs=0.15)


def test_its_own_data_are_the_two_heads_done_by_hand():
    assert data_file(NAME) == [recorder(NAME).two_heads_by_hand()]
    whom, what = (torch.tensor(head).view(4, 4)[2] / 255 for head in data_file(NAME)[0]["weights"][0])
    assert whom.tolist() == pytest.approx([0.666, 0.162, 0.010, 0.162], abs=1 / 255)
    rest = 1 / (3 + math.exp(4 / math.sqrt(2)))
    assert what.tolist() == pytest.approx([rest] * 3 + [1 - 3 * rest], abs=1 / 255)


def test_cross_attention_has_no_distance():
    cross = recorder(NAME).attention_example("cross", ["le", "chat"], [[[[0.25, 0.5, 0.25], [0, 0, 1]]]], keys=["the", "black", "cat"])
    told = said_of(NAME, data=[cross], row=1)
    assert "away" not in told and "“chat” gives 1.00 of its attention to “cat”" in told
    assert ask(NAME, "m.distance(s.data[0], 0, 0)") > 0 and "away" in said_of(NAME)


@pytest.mark.browser
def test_heads_are_chosen_by_mouse_and_words_by_keyboard(visit, switches):
    def said(**state):
        return said_of(NAME, **{**switches, "row": 8} | state)

    page = visit()
    assert readout(page) == said()
    page.get_by_role("button", name="Layer 2, head 3", exact=True).click()
    assert readout(page) == said(layer=1, head=2)
    page.get_by_label("Sentence").select_option(index=1)
    assert readout(page) == said(layer=1, head=2, example=1)
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == said()
    page.get_by_label("Layer 2, head 3 switched on").uncheck()
    page.get_by_label("Layer 1, head 1 switched on").uncheck()
    assert readout(page) == said(off=[6, 0])
    page.get_by_label("Layer 2, head 3 switched on").check()
    assert readout(page) == said(off=[0])
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == said() and page.get_by_label("Layer 1, head 1 switched on").is_checked()
    tab_to(page, page.get_by_role("button", name="Layer 1, head 4", exact=True))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="(it/they)"))
    page.keyboard.press("ArrowDown")
    assert readout(page) == said(head=3, row=9)


def test_glosses_stand_beside_the_first_character_of_each_word():
    words = [["动物", "dòngwù", "animal"], ["累", "lèi", "tired"]]
    one = recorder(NAME).attention_example("zh", ["animal"], [[[[0.5, 0.3, 0.2]]]], keys=list("动物累"), glosses=words)
    assert ask(NAME, "m.atWords(s.data[0])", data=[one]) == ["dòngwù animal", "", "lèi tired"]
    plain = recorder(NAME).attention_example("en", ["a", "b"], [[[[1, 0], [0, 1]]]])
    assert "glosses" not in plain and ask(NAME, "m.atWords(s.data[0])", data=[plain]) == ["", ""]

