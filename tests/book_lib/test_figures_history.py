"""The figures of chapter 1: the browser filters, places and says what Python does; the surprises are in the data."""

import json

import pytest
from figure_modules import in_javascript

from book_lib.book.history import BENCHMARKS, IDEAS, TASKS, points, works
from book_lib.widgets import BookMap, CostAndScore, Timeline, module_source
from book_lib.widgets.cost_and_score import AXES, amount, ratio, scored

TIMELINES = [
    {}, {"ideas": ["attention"]}, {"ideas": ["set prediction", "patches"], "chosen": "fang2021"}, {"tasks": ["detection", "lanes"]},
    {"years": [2020, 2020], "chosen": "carion2020"}, {"years": [2016, 2018]}, {"tasks": ["segmentation"], "chosen": "kirillov2023"},
    {"tasks": ["lanes"], "ideas": ["recurrence"]},
    {"tasks": ["translation"], "ideas": ["recurrence", "attention"], "chosen": "bahdanau2015"},
]


def many_costs():
    for benchmark in BENCHMARKS:
        models = [point for point in points() if point.benchmark == benchmark]
        for axis in AXES:
            if any(getattr(point, axis) for point in models):
                yield from (CostAndScore(benchmark=benchmark, axis=axis, model=point.model, other=models[0].model) for point in models)


def test_the_timeline_filters_places_and_speaks_in_the_browser_as_in_python():
    figures = [Timeline(**state) for state in TIMELINES]
    states, data = json.dumps([figure.state | {"works": None} for figure in figures]), json.dumps(Timeline().works)
    calls = "[m.check(s), m.sentence(s), m.shown(s).map(w => w.key), m.placed(s, 700), m.placed(s, 328)]"
    (answers,) = in_javascript("timeline", f"(works => {states}.map(s => ({{...s, works}})).map(s => {calls}))({data})")
    for figure, (problem, sentence, keys, wide, narrow) in zip(figures, answers, strict=True):
        assert problem is None and sentence == figure.sentence() and keys == [work["key"] for work in figure.shown()]
        for there, width in ((wide, 700), (narrow, 328)):
            here = figure.placed(width)
            assert there["lanes"] == here["lanes"] and there["high"] == here["high"]
            for ours, theirs in zip(here["dots"], there["dots"], strict=True):
                assert theirs == ours | {"x": pytest.approx(ours["x"])}


def test_names_on_the_timeline_never_lie_on_each_other_and_stay_inside():
    for width in (280, 328, 700):
        taken = {}
        for dot in Timeline().placed(width)["dots"]:
            long = 18 + 7.2 * len(next(work.name for work in works() if work.key == dot["key"]))
            a, b = (dot["x"] - long, dot["x"] + 8) if dot["left"] else (dot["x"] - 8, dot["x"] + long)
            assert a >= 0 and b <= width
            assert all(b < c or a > d for c, d in taken.setdefault(dot["y"], [])), dot
            taken[dot["y"]].append((a, b))


def test_attention_is_older_than_the_transformer_and_2020_is_full():
    said = Timeline(ideas=["attention"]).sentence()
    assert "from Attention (September 2014)" in said
    keys = [work["key"] for work in Timeline(years=[2020, 2020], chosen="carion2020").shown()]
    assert {"carion2020", "chen2020", "zhu2021", "dosovitskiy2021", "liu2021"} <= set(keys)


def test_words_for_filters_are_those_of_the_library():
    source = module_source("timeline")
    for constant, words in (("TASKS", TASKS), ("IDEAS", IDEAS)):
        assert f"const {constant} = {json.dumps(list(words))};" in source


def test_cost_and_score_compares_in_the_browser_as_in_python():
    figures = list(many_costs())
    assert len(figures) > 40
    states = json.dumps([figure.state | {"points": None} for figure in figures])
    data = json.dumps(CostAndScore().points)
    calls = "[m.check(s), m.sentence(s), m.scales(s)]"
    (answers,) = in_javascript("cost_and_score", f"(points => {states}.map(s => ({{...s, points}})).map(s => {calls}))({data})")
    for figure, (problem, sentence, scales) in zip(figures, answers, strict=True):
        assert problem is None and sentence == figure.sentence()
        here = figure.scales()
        assert all(scales[name] == pytest.approx(here[name]) for name in here)
        for name, at in (("x", figure.axis), ("y", "score")):
            low, high = here[name]
            there = [point[at] for point in figure.listed() if point[figure.axis] is not None]
            assert all(low <= value <= high for value in there), (figure.benchmark, figure.axis)
        assert 2 <= len(here["ticks"]) <= 8 and 3 <= len(here["steps"]) <= 9


def test_prices_that_the_figure_tells():
    said = CostAndScore().sentence()
    assert "87.76" in said and "+0.22 points, at 1/15 of its cost" in said
    coco = {"benchmark": "COCO val, AP", "model": "DETR", "other": "Faster R-CNN + FPN"}
    assert "+0.0 points, at 5.3 times its cost" in CostAndScore(**coco).sentence()
    assert "+1.8 points, at 1/6.2 of its cost" in CostAndScore(**coco | {"model": "Deformable DETR", "other": "DETR"}).sentence()
    base = [point for point in points() if point.benchmark == "WMT14 English–German, BLEU"]
    cheapest = min(base, key=lambda point: point.cost)
    assert cheapest.model == "Transformer (base)" and sum(point.score > cheapest.score for point in base) == 1


def test_numbers_are_written_alike():
    values = [1, 40, 632, 1362, 9900, 12300, 3.3e18, 2.0e19, 1.2e21, 7.7e19, 1e6]
    shares = [1, 1.001, 0.5, 2, 9.96, 12.4, 1 / 15, 0.27]
    scores = [42, 42.0, 25.16, 88.4, -0.5, 0.22, 84.999]
    there = in_javascript("cost_and_score", f"{values}.map(m.amount)", f"{shares}.map(m.ratio)", f"{scores}.map(m.scored)")
    assert there == [[amount(x) for x in values], [ratio(x) for x in shares], [scored(x) for x in scores]]
    assert (amount(3.3e18), amount(12300), scored(42), ratio(1 / 15)) == ("3.3·10¹⁸", "12\u202f300", "42.0", "1/15 of")


def test_the_map_follows_the_needs_in_the_browser_as_in_python():
    figures = [BookMap(chosen=number, only=only) for number in range(1, 13) for only in (False, True)]
    states = json.dumps([figure.state for figure in figures])
    calls = "[m.check(s), m.sentence(s), m.needed(s, s.chosen), m.needing(s, s.chosen), m.placed(s, 700).boxes, m.placed(s, 328)]"
    (answers,) = in_javascript("book_map", f"{states}.map(s => {calls})")
    for figure, (problem, sentence, needed, needing, boxes, narrow) in zip(figures, answers, strict=True):
        assert problem is None and sentence == figure.sentence()
        assert needed == figure.needed(figure.chosen) and needing == figure.needing(figure.chosen)
        for there, here in zip(boxes, figure.placed(700), strict=True):
            assert {name: there[name] for name in here} == pytest.approx(here)
        assert all(box["x"] + box["w"] <= 328 and box["h"] >= 40 for box in narrow["boxes"])


def test_the_way_to_detr_is_five_chapters():
    assert BookMap(chosen=9, only=True).sentence() == (
        "The way to chapter 9: 2, 3, 4, 5, 9, about 290 minutes to read. You may leave out 1, 6, 7, 8, 10, 11, 12."
    )
    assert BookMap().needing(5) == list(range(6, 13)) and BookMap(chosen=1).needing(1) == BookMap(chosen=1).needed(1) == []


WORK, POINT, CHAPTER = Timeline().works[0], CostAndScore().points[0], BookMap().chapters[0]


@pytest.mark.parametrize("figure_class, wrong, trait", [
    (Timeline, {"works": []}, "works"),
    (Timeline, {"works": [WORK | {"task": "poetry"}]}, "works"),
    (Timeline, {"works": [{"key": "x"}]}, "works"),
    (Timeline, {"chosen": "nobody1900"}, "chosen"),
    (Timeline, {"tasks": ["poetry"]}, "tasks"),
    (Timeline, {"tasks": "detection"}, "tasks"),
    (Timeline, {"ideas": ["luck"]}, "ideas"),
    (Timeline, {"years": [2020, 2019]}, "years"),
    (Timeline, {"years": [2013, 2019]}, "years"),
    (Timeline, {"years": [2019]}, "years"),
    (CostAndScore, {"points": []}, "points"),
    (CostAndScore, {"points": [POINT | {"cost": None, "parameters": None}]}, "points"),
    (CostAndScore, {"points": [POINT | {"cost": -1}]}, "points"),
    (CostAndScore, {"benchmark": "Chess"}, "benchmark"),
    (CostAndScore, {"axis": "colour"}, "axis"),
    (CostAndScore, {"benchmark": "ImageNet, linear probe, top-1 %", "model": "iGPT-L, 32×32", "other": "iGPT-L, 32×32"}, "axis"),
    (CostAndScore, {"model": "DETR"}, "model"),
    (CostAndScore, {"other": "DETR"}, "other"),
    (BookMap, {"chapters": []}, "chapters"),
    (BookMap, {"chapters": [CHAPTER | {"needs": [2]}]}, "chapters"),
    (BookMap, {"chosen": 13}, "chosen"),
    (BookMap, {"chosen": "five"}, "chosen"),
    (BookMap, {"only": 1}, "only"),
])
def test_wrong_settings_are_refused_by_name_here_and_in_the_browser(figure_class, wrong, trait):
    with pytest.raises(ValueError, match=f"{figure_class.__name__}: {trait} is "):
        figure_class(**wrong)
    (problem,) = in_javascript(figure_class.name, f"m.check({json.dumps(figure_class().state | wrong)})")
    assert problem["trait"] == trait


@pytest.mark.parametrize("figure_class", [Timeline, CostAndScore, BookMap])
def test_the_static_form_is_light_and_its_picture_says_it_all(figure_class):
    figure = figure_class()
    assert len(figure.static_html().encode()) < 60_000
    picture = figure.picture()
    if figure.name == "timeline":
        assert all(f">{work.name}</text>" in picture for work in works())
    elif figure.name == "cost_and_score":
        assert all(point["model"] in picture and point["where"] in picture for point in figure.listed())
    else:
        assert picture.count("<rect") == 12
        assert picture.count('class="bk-map-link') == sum(len(chapter["needs"]) for chapter in figure.chapters)
