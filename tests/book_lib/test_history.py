"""history.yml as it stands, its agreement with references.bib, and what is said when either is wrong."""

import re
from pathlib import Path

import pytest
import yaml

from book_lib.book.chapters import slugs
from book_lib.book.history import BENCHMARKS, IDEAS, TASKS, points, read_bibliography, read_history, work, works

ROOT = Path(__file__).resolve().parents[2]
BIB = ROOT / "references.bib"
DATA = yaml.safe_load((ROOT / "history.yml").read_text(encoding="utf-8"))


def test_the_works_are_those_of_the_bibliography_oldest_first():
    found = works()
    assert [entry.key for entry in found] == [row["key"] for row in DATA["works"]] and len(found) >= 20
    assert [entry.date for entry in found] == sorted(entry.date for entry in found)
    assert {entry.task for entry in found} == set(TASKS) and {idea for entry in found for idea in entry.ideas} == set(IDEAS)
    assert all(entry.chapter is None or entry.chapter in slugs() for entry in found)


def test_titles_authors_and_years_are_those_of_the_bibliography_without_tex():
    cited, text = read_bibliography(BIB), BIB.read_text(encoding="utf-8")
    assert list(cited) == re.findall(r"^@\w+\{(\w+),$", text, flags=re.MULTILINE)
    assert cited["vaswani2017"] == {
        "title": "Attention Is All You Need", "year": 2017, "url": "https://arxiv.org/abs/1706.03762", "authors": (
            "Ashish Vaswani", "Noam Shazeer", "Niki Parmar", "Jakob Uszkoreit", "Llion Jones", "Aidan N. Gomez", "Łukasz Kaiser",
            "Illia Polosukhin")}
    assert cited["hochreiter1997"]["authors"] == ("Sepp Hochreiter", "Jürgen Schmidhuber") and cited["hochreiter1997"]["url"] is None
    assert cited["cho2014"]["authors"][1] == "Bart van Merriënboer" and "RNN Encoder–Decoder" in cited["cho2014"]["title"]
    assert not any(mark in repr(entry) for entry in cited.values() for mark in ("\\", "{\\", "$", "--"))


def test_no_paper_is_printed_before_it_is_public_and_arxiv_numbers_carry_the_month():
    """A paper sent in at the end of a month may get the number of the next."""
    for entry in works():
        assert int(entry.date[:4]) <= entry.year <= int(entry.date[:4]) + 2, entry.key
        printed = re.search(r"\d{4}", entry.venue)
        assert printed is None or int(printed[0]) == entry.year, entry.key
        if entry.arxiv and len(entry.date) == 10:
            month = int(entry.arxiv[:2]) * 12 + int(entry.arxiv[2:4]) - (int(entry.date[2:4]) * 12 + int(entry.date[5:7]))
            assert month in ((0, 1) if int(entry.date[8:]) > 25 else (0,)), entry.key
        elif entry.arxiv:
            assert entry.arxiv[:4] == entry.date[2:4] + entry.date[5:7], entry.key


def test_every_number_says_where_it_stands():
    places = r"abstract|Table \d|Section \d|README|page of June 2020"
    for where in [entry.headline.where for entry in works()] + [point.where for point in points()]:
        assert re.search(places, where), where
    for entry in works():
        for sentence in (entry.missing, entry.price, entry.opened):
            assert sentence[0].isupper() or sentence[0].isdigit(), sentence
            assert sentence.endswith("."), sentence


def test_points_of_a_benchmark_share_one_unit_of_cost():
    assert {point.benchmark for point in points()} == set(BENCHMARKS)
    for point in points():
        assert point.cost_unit == (BENCHMARKS[point.benchmark] if point.cost else None)
    cited = read_bibliography(BIB)
    assert all(point.work in cited for point in points())
    assert len({(point.benchmark, point.model) for point in points()}) == len(points())


def test_headlines_and_points_do_not_contradict_each_other():
    """Where the headline of a work is also a point, it is the same number."""
    for key, benchmark in (("vaswani2017", "WMT14 English–German, BLEU"), ("gehring2017", "WMT14 English–German, BLEU"),
                           ("dosovitskiy2021", "ImageNet, top-1 %"), ("touvron2021", "ImageNet, top-1 %"), ("he2022", "ImageNet, top-1 %"),
                           ("chen2020", "ImageNet, linear probe, top-1 %"), ("carion2020", "COCO val, AP"), ("zhu2021", "COCO val, AP"),
                           ("zhao2024", "COCO val, AP")):
        assert work(key).headline.score in {point.score for point in points() if (point.work, point.benchmark) == (key, benchmark)}, key


def test_the_surprises_the_chapter_tells_are_in_the_data():
    first = next(entry for entry in works() if "attention" in entry.ideas)
    assert first.date < work("vaswani2017").date
    assert len([entry for entry in works() if "2020-05-26" <= entry.date <= "2020-12-26" and entry.task != "translation"]) >= 5
    by_model = {(point.benchmark, point.model): point for point in points()}
    vit, bit = by_model["ImageNet, top-1 %", "ViT-L/16 (JFT)"], by_model["ImageNet, top-1 %", "BiT-L (ResNet152x4)"]
    assert vit.score >= bit.score and 14 < bit.cost / vit.cost < 15
    detr, deformable = by_model["COCO val, AP", "DETR"], by_model["COCO val, AP", "Deformable DETR"]
    assert 6 < detr.cost / deformable.cost < 6.5 and deformable.score > detr.score
    assert by_model["COCO val, AP", "Faster R-CNN + FPN"].score == detr.score


def test_an_unknown_key_is_one_line():
    with pytest.raises(ValueError, match="^work 'vaswani2016' is not in history.yml, which has sutskever2014, "):
        work("vaswani2016")


WORK = DATA["works"][0]
POINT = DATA["points"][0]


@pytest.mark.parametrize("changes, message", [
    ({"key": "nobody1900"}, "work 1 (nobody1900): nobody1900 is not in references.bib"),
    ({"date": "2014-13"}, "work 1 (sutskever2014): date must be YYYY-MM or YYYY-MM-DD, in quotes, got '2014-13'"),
    ({"date": None}, "work 1 (sutskever2014): date must be YYYY-MM or YYYY-MM-DD, in quotes, got None"),
    ({"task": "poetry"}, "task must be one of ('translation', 'language',"),
    ({"ideas": ["luck"]}, "ideas 1 must be one of ('recurrence', 'convolution',"),
    ({"ideas": []}, "ideas must contain at least 1 items, got []"),
    ({"chapter": "cooking"}, "chapter must be one of ('history',"),
    ({"arxiv": "1409.9999"}, "arxiv 1409.9999 is not the address that references.bib gives, https://arxiv.org/abs/1409.3215"),
    ({"arxiv": 1409.3215}, "arxiv must be a number like 2005.12872, in quotes, got 1409.3215"),
    ({"headline": {"what": "x", "score": 3, "unit": "BLEU"}}, "headline must contain ['where'] properties"),
    ({"headline": {"what": "x", "score": "3", "unit": "BLEU", "where": "Table 1"}}, "headline, score must be a number above 0, got '3'"),
    ({"author": "me"}, "must not contain {'author'} properties"),
    ({"price": "  "}, "price must be a text; "),
])
def test_a_wrong_work_is_one_line(tmp_path, changes, message):
    told = refused(tmp_path, [WORK | changes], [POINT])
    assert message in told and told.startswith("history.yml: ") and "\n" not in told


@pytest.mark.parametrize("changes, message", [
    ({"work": "nobody1900"}, "point 1 (GNMT + RL): nobody1900 is not in references.bib"),
    ({"benchmark": "Chess"}, "benchmark must be one of ['WMT14 English–German, BLEU',"),
    ({"score": -1}, "score must be a number above 0, got -1"),
    ({"cost": True}, "cost must be a number above 0, or empty, got True"),
    ({"cost": None, "cost_unit": None}, "parameters and cost are both empty"),
    ({"cost_unit": "GPU-hours"}, "cost_unit 'GPU-hours' must be 'FLOP' for WMT14 English–German, BLEU"),
    ({"benchmark": "ImageNet, linear probe, top-1 %"}, "cost_unit 'FLOP' must be None"),
    ({"where": None}, "point 1 (GNMT + RL): where must be a text; "),
    ({"score": float("nan")}, "Out of range float"),
])
def test_a_wrong_point_is_one_line(tmp_path, changes, message):
    told = refused(tmp_path, [WORK], [POINT | changes])
    assert message in told and "\n" not in told


def test_order_repetition_and_shape_are_checked(tmp_path):
    newer = DATA["works"][5]
    assert "sutskever2014 of 2014-09 stands after wang2018 of 2017-11" in refused(tmp_path, [newer, WORK], [POINT])
    assert "the work sutskever2014 stands twice" in refused(tmp_path, [WORK, WORK], [POINT])
    assert "expected a list with at least one work, got []" in refused(tmp_path, [], [POINT])
    (tmp_path / "history.yml").write_text("works: []\n", encoding="utf-8")
    with pytest.raises(ValueError, match="history.yml: expected two lists, works and points"):
        read_history(tmp_path / "history.yml", BIB)
    (tmp_path / "history.yml").write_text("works: [\n", encoding="utf-8")
    with pytest.raises(ValueError, match="history.yml: line 2 is not YAML"):
        read_history(tmp_path / "history.yml", BIB)
    with pytest.raises(ValueError, match="nowhere.yml does not exist"):
        read_history(tmp_path / "nowhere.yml", BIB)


@pytest.mark.parametrize("text, message", [
    ("@misc{a1,\n  title = {T},\n  year = {2000},\n}\n", "references.bib: a1 has no author"),
    ("@misc{a1,\n  title = {T,\n", "references.bib: syntax error in line 2"),
    ("@misc{a1, author = {A}, title = {T}, year = {1}}\n" * 2, "references.bib: repeated bibliography entry: a1"),
])
def test_a_bibliography_that_cannot_be_read_is_one_line(tmp_path, text, message):
    (tmp_path / "references.bib").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError) as caught:
        read_bibliography(tmp_path / "references.bib")
    assert message in str(caught.value) and "\n" not in str(caught.value)


def refused(folder, some_works, some_points):
    (folder / "history.yml").write_text(yaml.safe_dump({"works": some_works, "points": some_points}, allow_unicode=True), encoding="utf-8")
    with pytest.raises(ValueError) as caught:
        read_history(folder / "history.yml", BIB)
    return str(caught.value)
