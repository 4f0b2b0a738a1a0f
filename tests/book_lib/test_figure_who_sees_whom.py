"""Who sees whom: reach, paths and costs are those of the library's layers, in Python and in the browser."""

import json

import pytest
import torch
from figure_modules import in_javascript

from book_lib.attention import scaled_dot_product_attention
from book_lib.sequence import Conv1dLayer, RNNLayer, receptive_field
from book_lib.widgets import WhoSeesWhom, module_source
from book_lib.widgets.who_sees_whom import KERNELS, LENGTHS

STATES = [
    {},
    {"layers": 7},
    {"kernel": 9, "layers": 2, "output": 3, "source": 10},
    {"output": 2, "source": 11},
    {"output": 4, "source": 4, "layers": 1},
    {"output": 0, "source": 1, "layers": 1, "n": 12288, "d": 64},
]


def reached_by_gradient(layer, output):
    """Which of 12 inputs of a layer (a function of [1, 12, d]) can move its output."""
    x = torch.randn(1, 12, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64, requires_grad=True)
    layer(x)[0, output].sum().backward()
    return (x.grad[0].abs().sum(dim=-1) > 0).tolist()


@pytest.mark.parametrize("state", STATES)
def test_the_words_that_reach_the_output_are_those_the_gradient_finds(state):
    torch.manual_seed(0)
    figure = WhoSeesWhom(**state)
    stack = torch.nn.Sequential(*[Conv1dLayer(4, 4, figure.kernel) for _ in range(figure.layers)]).double()
    layers = RNNLayer(4, 4).double(), stack, lambda x: scaled_dot_product_attention(x, x, x)[0]
    found = figure.paths()
    assert found["reached"] == [reached_by_gradient(layer, figure.output) for layer in layers]
    assert [path is not None for path in found["path"]] == [reached[figure.source] for reached in found["reached"]]


def test_the_first_state_is_the_one_of_the_text():
    first = WhoSeesWhom()
    assert (first.tokens[first.output], first.tokens[first.source]) == ("it", "animal")
    assert first.paths()["path"] == [7, None, 1] and first.paths()["needed"] == 7
    assert [WhoSeesWhom(layers=layers).paths()["path"][1] for layers in (6, 7)] == [None, 7]


def test_the_middle_word_sees_one_plus_layers_times_kernel_less_one_words():
    for kernel, layers in ((3, 1), (3, 2), (5, 2), (9, 1)):
        seen = sum(WhoSeesWhom(output=5, kernel=kernel, layers=layers).paths()["reached"][1])
        assert seen == receptive_field(layers, kernel)


def test_costs_and_where_attention_becomes_the_dearest():
    assert WhoSeesWhom(n=24, d=64, layers=2).costs() == [24 * 64**2, 2 * 3 * 24 * 64**2, 24**2 * 64]
    for n in LENGTHS:
        recurrence, convolution, attention = WhoSeesWhom(n=n, d=64, layers=1).costs()
        assert (attention > max(recurrence, convolution)) == (n > 3 * 64)
    for n in LENGTHS:
        recurrence, _, attention = WhoSeesWhom(n=n, d=512).costs()
        assert (attention > recurrence) == (n > 512)


def test_a_way_that_arrives_ends_at_the_output_and_uses_only_links_of_the_drawing():
    for kernel in KERNELS:
        for kind in range(3):
            plan = WhoSeesWhom(kernel=kernel, layers=7).drawing(kind)
            assert plan["arrives"] and plan["way"][-1] == [8, plan["rows"] - 1]
            if kind != 0:
                assert all([*a, *b] in plan["links"] for a, b in zip(plan["way"], plan["way"][1:], strict=False))
    assert WhoSeesWhom().drawing(1)["way"][-1] == [3, 2] and not WhoSeesWhom().drawing(1)["arrives"]


def test_the_browser_has_the_same_paths_costs_drawings_and_sentence():
    figures = [WhoSeesWhom(**state) for state in STATES]
    call = "(s => [m.check(s), m.sentence(s), m.paths(s), m.costs(s), [0, 1, 2].map(kind => m.drawing(kind, s))])({})"
    answers = in_javascript("who_sees_whom", *(call.replace("({})", f"({json.dumps(figure.state)})") for figure in figures))
    for figure, (problem, sentence, paths, costs, drawings) in zip(figures, answers, strict=True):
        assert problem is None and sentence == figure.sentence()
        assert paths == figure.paths() and costs == figure.costs()
        for kind, drawing in enumerate(drawings):
            ours = figure.drawing(kind)
            assert sorted(drawing.pop("links")) == sorted(ours.pop("links")) and drawing == ours


@pytest.mark.parametrize(
    "wrong, trait",
    [
        ({"kernel": 4}, "kernel"),
        ({"layers": 0}, "layers"),
        ({"output": 12}, "output"),
        ({"source": -1}, "source"),
        ({"n": 13}, "n"),
        ({"d": "64"}, "d"),
        ({"tokens": ["it"], "output": 0, "source": 0}, "tokens"),
    ],
)
def test_wrong_settings_are_refused_by_name_here_and_in_the_browser(wrong, trait):
    with pytest.raises(ValueError, match=f"WhoSeesWhom: {trait} is "):
        WhoSeesWhom(**wrong)
    (problem,) = in_javascript("who_sees_whom", f"m.check({json.dumps(WhoSeesWhom().state | wrong)})")
    assert problem["trait"] == trait


def test_a_place_outside_a_short_sentence_is_refused():
    with pytest.raises(ValueError, match="WhoSeesWhom: output is 8, but it must be a place among the 2 tokens"):
        WhoSeesWhom(tokens=["dog", "bites"])


def test_the_static_form_is_small_and_always_the_same():
    first = WhoSeesWhom(number="2.2").static_html()
    assert first == WhoSeesWhom(number="2.2").static_html()
    assert first.count("<svg") == 3 and "aria-label" in first and "none: needs 7 layers" in first
    assert len(first) < 60_000 and len(module_source("who_sees_whom")) < 30_000
