"""Who sees whom: reach, paths and costs are those of the library's layers; the convolutions need seven, attention becomes the dearest."""

import pytest
import torch
from figure_modules import ask, said, state_of
from figure_page import readout, reopen, slide, tab_to

from book_lib.attention import MultiHeadAttention, scaled_dot_product_attention
from book_lib.book.figure import declared_traits, figure
from book_lib.sequence import Conv1dLayer, RNNLayer, receptive_field

NAME = "who_sees_whom"
LENGTHS, KERNELS = (declared_traits(NAME)[trait]["enum"] for trait in ("n", "kernel"))
STATES = [
    {},
    {"layers": 7},
    {"kernel": 9, "layers": 2, "output": 3, "source": 10},
    {"output": 2, "source": 11},
    {"output": 4, "source": 4, "layers": 1},
    {"output": 0, "source": 1, "layers": 1, "n": 12288, "d": 64},
]


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="2.2")


def paths(**state):
    return ask(NAME, "m.paths(s)", **state)


def costs(**state):
    return ask(NAME, "m.costs(s)", **state)


def reached_by_gradient(layer, output):
    """Which of 12 inputs of a layer (a function of [1, 12, d]) can move its output."""
    x = torch.randn(1, 12, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64, requires_grad=True)
    layer(x)[0, output].sum().backward()
    return (x.grad[0].abs().sum(dim=-1) > 0).tolist()


@pytest.mark.parametrize("state", STATES)
def test_the_words_that_reach_the_output_are_those_the_gradient_finds(state):
    torch.manual_seed(0)
    now, found = state_of(NAME, **state), paths(**state)
    stack = torch.nn.Sequential(*[Conv1dLayer(4, 4, now["kernel"]) for _ in range(now["layers"])]).double()
    layers = RNNLayer(4, 4).double(), stack, lambda x: scaled_dot_product_attention(x, x, x)[0]
    assert found["reached"] == [reached_by_gradient(layer, now["output"]) for layer in layers]
    assert [path is not None for path in found["path"]] == [reached[now["source"]] for reached in found["reached"]]


def test_the_first_state_is_the_one_of_the_text():
    first = state_of(NAME)
    assert (first["tokens"][first["output"]], first["tokens"][first["source"]]) == ("it", "animal")
    assert paths()["path"] == [7, None, 1] and paths()["needed"] == 7
    assert [paths(layers=layers)["path"][1] for layers in (6, 7)] == [None, 7]


def test_the_middle_word_sees_one_plus_layers_times_kernel_less_one_words():
    for kernel, layers in ((3, 1), (3, 2), (5, 2), (9, 1)):
        assert sum(paths(output=5, kernel=kernel, layers=layers)["reached"][1]) == receptive_field(layers, kernel)


def test_costs_are_those_of_whole_layers_and_attention_passes_them_by_length():
    def of_weights(layer):
        return 24 * sum(matrix.numel() for matrix in layer.parameters() if matrix.dim() == 2)

    convolutions = torch.nn.Sequential(Conv1dLayer(64, 64, 3), Conv1dLayer(64, 64, 3))
    maps = [torch.nn.RNN(64, 64), torch.nn.GRU(64, 64), torch.nn.LSTM(64, 64), convolutions, MultiHeadAttention(d_model=64, n_heads=1)]
    *others, attention = map(of_weights, maps)
    assert costs(n=24, d=64, layers=2) == [*others, attention + 2 * 24**2 * 64]        # and two products of all pairs of words
    for n in LENGTHS:
        plain, gru, lstm, _, attention = costs(n=n, d=512)
        assert (attention > plain, attention > gru, attention > lstm) == (True, n > 512, n > 2 * 512)
    assert "multiplications are needed by: self-attention" in said(NAME, layers=7, n=12288)


def test_a_way_that_arrives_ends_at_the_output_and_uses_only_links_of_the_drawing():
    for kernel in KERNELS:
        for kind in range(3):
            plan = ask(NAME, f"m.drawing({kind}, s)", kernel=kernel, layers=7)
            assert plan["arrives"] and plan["way"][-1] == [8, plan["rows"] - 1]
            if kind != 0:
                assert all([*a, *b] in plan["links"] for a, b in zip(plan["way"], plan["way"][1:], strict=False))
    lost = ask(NAME, "m.drawing(1, s)")
    assert lost["way"][-1] == [3, 2] and not lost["arrives"]


@pytest.mark.browser
def test_convolution_needs_seven_layers_and_attention_becomes_the_dearest(visit):
    page = visit()
    assert readout(page) == said(NAME) and page.locator(".bk-see-no").inner_text() == "none: needs 7 layers"
    slide(page, page.get_by_label("convolution layers L"), 0.6)
    assert readout(page) == said(NAME, layers=7) and page.locator(".bk-see-no").count() == 0
    slide(page, page.get_by_label("length n"), 1)
    assert readout(page) == said(NAME, layers=7, n=12288)
    page.get_by_role("group", name="output word").get_by_role("radio", name="animal").click()
    page.get_by_role("group", name="input word").get_by_role("radio", name="tired").click()
    assert readout(page) == said(NAME, layers=7, n=12288, output=1, source=11)
    assert "tired" in page.locator(".bk-see-no").first.inner_text()
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == said(NAME)

    reopen(page)
    tab_to(page, page.get_by_role("radio", name="it", exact=True).first)
    page.keyboard.press("ArrowRight")
    assert readout(page) == said(NAME, output=9)
    page.keyboard.press("ArrowLeft")
    tab_to(page, page.get_by_label("convolution layers L"))
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert readout(page) == said(NAME, layers=7)
    tab_to(page, page.get_by_label("length n"))
    page.keyboard.press("End")
    assert readout(page) == said(NAME, layers=7, n=12288)
