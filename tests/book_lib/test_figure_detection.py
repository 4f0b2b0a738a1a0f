"""The figures of chapter 9 that show a trained DETR: what is packed can be read back, and Python and the browser say the same."""

import json

import numpy as np
import pytest
import torch
from figure_modules import in_javascript
from figure_scenes import encoder_of, explorer_of, run_of
from scipy.optimize import linear_sum_assignment

from book_lib.data.scenes import make_scene
from book_lib.widgets import EncoderAttention, MatchingOverTime, QueryExplorer, module_source
from book_lib.widgets.query_explorer import pack_reports, reports_of, spread
from book_lib.widgets.scenes import packed, plain_scene, unpacked


@pytest.fixture(scope="module")
def scenes():
    return [make_scene(3), make_scene(4), make_scene(5)]


@pytest.fixture(scope="module")
def run(scenes):
    return run_of(scenes[0])


@pytest.fixture(scope="module")
def explored(scenes):
    return explorer_of(scenes)


@pytest.fixture(scope="module")
def encoded(scenes):
    return encoder_of(scenes)


def ask(figures, expression, heavy):
    """The value of an expression over the state `s` of each figure, in its ES module; `heavy` names the trait that all have in common."""
    common = {heavy: getattr(figures[0], heavy)}
    changes = [{name: value for name, value in figure.state.items() if name != heavy} for figure in figures]
    call = f"((common, changes) => changes.map(change => (s => {expression})({{...common, ...change}})))"
    (answers,) = in_javascript(figures[0].name, f"{call}({json.dumps(common)}, {json.dumps(changes)})")
    return answers


def test_a_scene_keeps_its_picture_its_size_and_its_objects():
    import base64
    import io

    from PIL import Image

    scene = make_scene(7, size=(64, 96))
    one = plain_scene(scene)
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(one["image"].split(",")[1]))).convert("RGB")).astype(float)
    assert picture.shape == (64, 96, 3) and one["size"] == [96, 64] and len(one["image"]) < 12_000
    assert np.abs(picture - scene.image).mean() < 6
    assert [label for label, *_ in one["objects"]] == scene.labels.tolist()
    assert np.abs(np.array([box for _, *box in one["objects"]]) / 1e4 - scene.boxes).max() <= 0.5e-4 + 1e-7


def test_packed_numbers_come_back_to_half_a_step():
    values = torch.rand(200, generator=torch.Generator().manual_seed(0)).tolist()
    assert np.abs(np.array(unpacked(packed(values))) - values).max() <= 0.51 * max(values) / 255
    assert unpacked(packed([0.0, 0.0])) == [0, 0]
    found = [(3, 2, 0.25, 1.0), (0, 1, 0.0, 0.5)]
    for (query, size, *centre), (a, b, *read) in zip(sorted(found), reports_of(pack_reports(found)), strict=True):
        assert (query, size) == (a, b) and read == pytest.approx(centre, abs=0.5 / 255)


def test_matching_counts_the_changes_and_sums_the_pairs(run):
    snapshots = run["snapshots"]
    figures = [MatchingOverTime(run=run, snapshot=i) for i in range(len(snapshots))]
    assert sum(figures[0].flips()) > 3 and figures[0].flips()[0] == 0
    for i, figure in enumerate(figures):
        cost = np.array(snapshots[i]["cost"])
        assert figure.total() == pytest.approx(cost[linear_sum_assignment(cost)].sum(), abs=0.03)
        if i:
            assert figure.flips()[i] == sum(a != b for a, b in zip(snapshots[i]["matched"], snapshots[i - 1]["matched"], strict=True))
    answers = ask(figures, "[m.check(s), m.sentence(s), m.flips(s), m.total(s)]", "run")
    for figure, (problem, sentence, flips, total) in zip(figures, answers, strict=True):
        assert problem is None and sentence == figure.sentence()
        assert flips == figure.flips() and total == pytest.approx(figure.total())
    flips = figures[4].flips()
    assert f"{sum(flips[:5])} changes so far, {sum(flips[5:])} still to come" in figures[4].sentence()


def test_a_query_is_described_by_its_own_reports(explored):
    n = len(explored["scenes"][0]["boxes"])
    figures = [QueryExplorer(data=explored, scene=i % 3, query=i) for i in range(n)]
    for figure, (problem, sentence, reports, inside, weights) in zip(
        figures, ask(figures, "[m.check(s), m.sentence(s), m.reports(s), m.inside(s), m.weights(s)]", "data"), strict=True
    ):
        assert problem is None and sentence == figure.sentence()
        assert inside == pytest.approx(figure.inside()) and 0 <= inside <= 1 and weights == pytest.approx(figure.weights())
        assert len(reports) == len(figure.reports()) and all(a == pytest.approx(b) for a, b in zip(reports, figure.reports(), strict=True))
    assert "never reported" in figures[-1].sentence() and sum(len(figure.reports()) for figure in figures) == 900
    one = np.array([centre for _, *centre in figures[0].reports()])
    assert spread(one.tolist()) == pytest.approx(np.sqrt(one.var(axis=0).sum()))


def test_attention_inside_a_box_is_the_sum_over_its_cells(explored):
    figure = QueryExplorer(data=explored, scene=1, query=2)
    rows, columns = figure.one["grid"]
    weights = np.array(figure.weights()).reshape(rows, columns)
    cx, cy, w, h = np.array(figure.one["boxes"][2]) / 1e4
    x, y = (np.arange(columns) + 0.5) / columns, (np.arange(rows) + 0.5) / rows
    held = weights[np.ix_(np.abs(y - cy) <= h / 2, np.abs(x - cx) <= w / 2)].sum() / weights.sum()
    assert figure.inside() == pytest.approx(held) and 0.3 < held < 1


def test_attention_of_a_cell_is_split_among_objects_and_ground(encoded):
    figures = [EncoderAttention(data=encoded, scene=i % 3, map=i % 5, cell=[i % 4, (2 * i) % 4]) for i in range(24)]
    what = "[m.check(s), m.sentence(s), m.weights(s), m.owners(s), m.shares(s)]"
    for figure, (problem, sentence, weights, owners, shares) in zip(figures, ask(figures, what, "data"), strict=True):
        assert problem is None and sentence == figure.sentence()
        assert weights == pytest.approx(figure.weights()) and owners == figure.owners() and shares == pytest.approx(figure.shares())
        assert sum(shares) == pytest.approx(1) and set(owners) == {*range(len(figure.one["objects"]))} | {-1}


def test_the_row_shown_is_the_row_of_the_chosen_cell(scenes, encoded):
    h, w = encoded["scenes"][0]["grid"]
    generator = torch.Generator().manual_seed(0)
    weights = [(3 * torch.randn(3, n, n, generator=generator)).softmax(dim=-1) for n in (h * w, h * w)]
    for place, expected in ((0, weights[0].mean(dim=0)), (1, weights[1].mean(dim=0)), (3, weights[1][1])):
        figure = EncoderAttention(data=encoded, map=place, cell=[2, 3])
        row = expected[2 * w + 3]
        assert np.abs(np.array(figure.weights()) - row.numpy()).max() <= 0.51 * expected.max().item() / 255
    assert EncoderAttention(data=encoded, map=3).map_name() == "Layer 2, head 2"


@pytest.mark.parametrize(
    "wrong, trait",
    [
        ({"run": {}}, "run"),
        ({"snapshot": 10}, "snapshot"),
        ({"data": {}}, "data"),
        ({"scene": 3}, "scene"),
        ({"query": 12}, "query"),
        ({"map": 5}, "map"),
        ({"cell": [9, 0]}, "cell"),
        ({"cell": 3}, "cell"),
    ],
)
def test_wrong_settings_are_refused_by_name_here_and_in_the_browser(wrong, trait, run, explored, encoded):
    given = {MatchingOverTime: {"run": run}, QueryExplorer: {"data": explored}, EncoderAttention: {"data": encoded}}
    for figure_class, base in given.items():
        if trait not in figure_class.state_names():
            continue
        with pytest.raises(ValueError, match=f"{figure_class.__name__}: {trait} is "):
            figure_class(**base | wrong)
        (problem,) = in_javascript(figure_class.name, f"m.check({json.dumps(figure_class(**base).state | wrong)})")
        assert problem["trait"] == trait


def changed(value, *path, to):
    """A copy of plain values in which one place has another value."""
    copy = json.loads(json.dumps(value))
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = to
    return copy


def test_data_whose_parts_do_not_fit_are_refused(run, explored, encoded):
    second = run["snapshots"][0]["matched"][1]
    broken = {
        MatchingOverTime: ("run", [changed(run, "snapshots", 0, "matched", 0, to=second), changed(run, "snapshots", 0, "step", to=10**6),
                                   changed(run, "snapshots", 2, "cost", 0, to=[1.0]), changed(run, "queries", 0, to=99),
                                   changed(run, "scene", "objects", 0, 0, to=6)]),
        QueryExplorer: ("data", [changed(explored, "scenes", 1, "maps", 0, to=[1.0, "AAAA"]), changed(explored, "reports", to="AAAA"),
                                 changed(explored, "scenes", 0, "labels", 0, to=6), changed(explored, "scenes", 0, "image", to="http://x")]),
        EncoderAttention: ("data", [changed(encoded, "scenes", 0, "grid", 0, to=2), changed(encoded, "scenes", 1, "maps", 0, 0, to=1),
                                    changed(encoded, "scenes", 0, "maps", 0, 2, to=[0, "AAAA"])]),
    }
    good = {MatchingOverTime: run, QueryExplorer: explored, EncoderAttention: encoded}
    for figure_class, (trait, cases) in broken.items():
        state = figure_class(**{trait: good[figure_class]}).state
        problems = in_javascript(figure_class.name, *(f"m.check({json.dumps(state | {trait: case})})" for case in cases))
        for case, problem in zip(cases, problems, strict=True):
            with pytest.raises(ValueError, match=f"{figure_class.__name__}: {trait} is "):
                figure_class(**{trait: case})
            assert problem and problem["trait"] == trait


def test_static_forms_are_small_and_speak(run, explored, encoded):
    figures = [MatchingOverTime(run=run), QueryExplorer(data=explored, query=2), EncoderAttention(data=encoded, cell=[2, 2])]
    for figure in figures:
        assert figure.static_html() == figure.static_html()
        assert len(figure.static_html().encode()) < 70_000 and len(module_source(figure.name).encode()) < 32_000
    match, query, encoder = (figure.picture() for figure in figures)
    assert match.count("★") == len(run["scene"]["objects"]) and match.count("stroke-dasharray") == len(run["scene"]["objects"])
    assert query.count("fill:#000") == np.prod(explored["scenes"][0]["grid"]) and query.count("<path") == len(figures[1].reports())
    assert encoder.count("<td>") == 1 + len(encoded["scenes"][0]["objects"])
