"""The three figures of chapter 3: their numbers are the library's, in Python and in the browser; their pictures stand alone."""

import json
import math

import pytest
import torch
from figure_modules import in_javascript

from book_lib.experiments.gaps import load_gap_filler
from book_lib.experiments.grammar import encode
from book_lib.experiments.heads import attention_distance
from book_lib.widgets import HeadExplorer, PruneHeads, SplitMerge, attention_example, module_source
from book_lib.widgets.running_example import attend, projections

TEXTS = [
    "the animals did not cross the road because (it/they) (was/were) too tired",
    "(a/an) old dog did not catch the cat because (it/they) (was/were) too fast",
]
SPLITS = [
    {},
    {"at_once": True},
    {"width": 12, "n_heads": 3, "picked": [3, 11], "at_once": True},
    {"tokens": ["a", "b"], "picked": [1, 0], "n_heads": 4},
    {"n_heads": 1, "at_once": True},
]
TABLE = [[1000 - 60 * n.bit_count() - (250 if n & 3 == 3 else 0), 990 - 70 * n.bit_count()] for n in range(8)]
PRUNES = [{}, {"removed": [2]}, {"removed": [1, 0]}, {"removed": [0, 1, 2], "guess": 250}]


def prune(**state):
    return PruneHeads(**{"table": TABLE, "kinds": ["(a/an)"], "size": 524, "shared": 32} | state)


@pytest.fixture(scope="module")
def network():
    return load_gap_filler("2_layers", seed=0)


@pytest.fixture(scope="module")
def examples(network):
    made = []
    for text in TEXTS:
        with torch.no_grad():
            _, weights = network(encode([text]))
        made.append(
            attention_example(text, text.split(), [layer[0] for layer in weights], asks=[i for i, w in enumerate(text.split()) if "(" in w])
        )
    return made


def test_weights_are_those_of_the_network_to_half_a_step(network, examples):
    with torch.no_grad():
        _, weights = network(encode([TEXTS[0]]))
    for layer in range(2):
        for head in range(4):
            shown = torch.tensor(HeadExplorer(examples=examples, layer=layer, head=head).matrix(), dtype=torch.float64)
            assert (shown - weights[layer][0, head]).abs().max() <= 0.5 / 255 + 1e-12


def test_the_distance_is_the_library_s(network, examples):
    with torch.no_grad():
        _, weights = network(encode([TEXTS[0]]))
    gaps = torch.tensor([["(" in word for word in TEXTS[0].split()]])
    for head, distance in enumerate(attention_distance(weights[1], gaps).tolist()):
        assert HeadExplorer(examples=examples, layer=1, head=head).distance() == pytest.approx(distance, abs=0.15)


def test_the_default_is_the_two_heads_done_by_hand():
    figure = HeadExplorer(row=2)
    assert figure.matrix()[2] == pytest.approx(attend(**projections(figure.examples[0]["queries"]))["weights"][2], abs=1 / 255)
    other = HeadExplorer(row=2, head=1).matrix()[2]
    assert other == pytest.approx(
        [1 / (3 + math.exp(4 / math.sqrt(2)))] * 3 + [math.exp(4 / math.sqrt(2)) / (3 + math.exp(4 / math.sqrt(2)))], abs=1 / 255
    )


def test_the_browser_shows_the_same_heads(examples):
    cross = [attention_example("cross", ["le", "chat"], [[[[0.25, 0.5, 0.25], [0, 0, 1]]]], keys=["the", "black", "cat"])]
    figures = [
        HeadExplorer(examples=examples, example=e, layer=layer, head=h, row=r)
        for e, layer, h, r in ((0, 0, 0, 8), (0, 1, 3, 9), (1, 1, 2, 0))
    ]
    figures += [HeadExplorer(examples=cross, row=1), HeadExplorer(row=3)]
    call = "(s => [m.check(s), m.sentence(s), m.distance(s.examples[s.example], s.layer, s.head)])"
    answers = in_javascript("head_explorer", *(f"{call}({json.dumps(figure.state)})" for figure in figures))
    for figure, (problem, sentence, distance) in zip(figures, answers, strict=True):
        assert problem is None and sentence == figure.sentence()
        assert distance == pytest.approx(figure.distance())
    assert "away" not in figures[3].sentence() and "“chat” gives 1.00 of its attention to “cat”" in figures[3].sentence()


@pytest.mark.parametrize("state", SPLITS)
def test_numbers_go_where_view_and_transpose_put_them(state):
    figure = SplitMerge(**state)
    n, d, h = len(figure.tokens), figure.width, figure.n_heads
    q = torch.arange(n * d).view(n, d)
    heads = q.view(h, n, d // h) if figure.at_once else q.view(n, h, d // h).transpose(0, 1)
    for t in range(n):
        for c in range(d):
            assert heads[tuple(figure.destination(t, c))] == q[t, c]
    rows = heads // d
    assert figure.misplaced() == (rows != torch.arange(n)[:, None]).sum()


def test_the_browser_splits_alike():
    figures = [SplitMerge(**state) for state in SPLITS]
    call = (
        "(s => [m.check(s), m.sentence(s), m.misplaced(s), s.tokens.map((_, t) => [...Array(s.width).keys()].map(c => "
        "m.destination(t, c, s.tokens.length, s.width, s.n_heads, s.at_once)))])"
    )
    for figure, (problem, sentence, count, places) in zip(
        figures, in_javascript("split_merge", *(f"{call}({json.dumps(f.state)})" for f in figures)), strict=True
    ):
        assert problem is None and sentence == figure.sentence() and count == figure.misplaced()
        assert places == [[figure.destination(t, c) for c in range(figure.width)] for t in range(len(figure.tokens))]


def test_the_browser_prunes_alike():
    figures = [prune(**state) for state in PRUNES]
    answers = in_javascript(
        "prune_heads", *(f"(s => [m.check(s), m.sentence(s), m.leastMissed(s)])({json.dumps(f.state)})" for f in figures)
    )
    assert [answer[:2] for answer in answers] == [[None, figure.sentence()] for figure in figures]
    assert [answer[2] for answer in answers] == [0, 0, 2, -1]
    assert "Removed: 1, 2. 63.0 % of the gaps" in figures[2].sentence() and "556 of 1604 numbers left" in figures[2].sentence()


@pytest.mark.parametrize(
    "figure_class, base, wrong, trait",
    [
        (HeadExplorer, {}, {"head": 2}, "head"),
        (HeadExplorer, {}, {"layer": 1}, "layer"),
        (HeadExplorer, {}, {"row": 4}, "row"),
        (HeadExplorer, {}, {"example": 1}, "example"),
        (HeadExplorer, {}, {"examples": []}, "examples"),
        (HeadExplorer, {}, {"examples": [{"label": "x"}]}, "examples"),
        (SplitMerge, {}, {"n_heads": 3}, "n_heads"),
        (SplitMerge, {}, {"width": 0}, "width"),
        (SplitMerge, {}, {"picked": [4, 0]}, "picked"),
        (SplitMerge, {}, {"at_once": 1}, "at_once"),
        (PruneHeads, {"table": TABLE, "kinds": ["x"]}, {"removed": [3]}, "removed"),
        (PruneHeads, {"table": TABLE, "kinds": ["x"]}, {"removed": [1, 1]}, "removed"),
        (PruneHeads, {"table": TABLE, "kinds": ["x"]}, {"table": TABLE[:7]}, "table"),
        (PruneHeads, {"table": TABLE, "kinds": ["x"]}, {"guess": 0.5}, "guess"),
    ],
)
def test_wrong_settings_are_refused_by_name_here_and_in_the_browser(figure_class, base, wrong, trait):
    with pytest.raises(ValueError, match=f"{figure_class.__name__}: {trait} is "):
        figure_class(**base | wrong)
    (problem,) = in_javascript(figure_class.name, f"m.check({json.dumps(figure_class(**base).state | wrong)})")
    assert problem["trait"] == trait


def test_the_table_and_its_names_must_agree():
    with pytest.raises(ValueError, match="kinds is .* but it must be 1 names"):
        prune(kinds=["a", "b"])


def test_static_forms_are_small_and_speak(examples):
    explorer, split, pruned = HeadExplorer(examples=examples, number="3.1"), SplitMerge(number="3.2", at_once=True), prune(number="3.4")
    assert "aria-label" in explorer.picture() and explorer.picture().count("<text") == 24
    assert split.picture().count("bk-stranger") == split.misplaced() == 24
    assert "<caption>" in pruned.picture() and pruned.picture().count("<td>") == 9
    for figure in (explorer, split, pruned):
        assert figure.static_html() == figure.static_html()
        assert len(figure.static_html()) < 60_000 and len(module_source(figure.name)) < 30_000
