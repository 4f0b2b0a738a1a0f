"""Break it in a browser: what each bug makes of the running models is what it makes of them in PyTorch."""

import pytest
from figure_modules import ask, data_file, said_first
from figure_page import drag, open_page, readout, says, small_buttons, tab_to

from book_lib.book.figure import figure, recorder
from book_lib.book.packing import unpacked
from book_lib.experiments.bugs import BUGS, bug
from book_lib.experiments.no_mask import load_unmasked_translator
from book_lib.experiments.translator import load_translator

NAME = "break_it"
DATA = data_file(NAME)
WAITED = "!document.querySelector('.bk-readout').textContent.includes('Loading')"


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="A.3")


@pytest.fixture
def page(browser, site):
    page = open_page(browser, site["file", "light"])
    yield page
    assert page.faults == []
    page.close()


def words(page, which=-1):
    return page.locator(".bk-break-words").nth(which).inner_text().split()


def test_recorded_answers_are_what_the_recorder_makes_today():
    again = recorder(NAME).recorded()
    for key, answer in DATA["recorded"]["translator"].items():
        now = again["translator"][key]
        assert answer["words"] == now["words"] and answer.get("said") == now.get("said")
        for ours, theirs in zip(answer["map"], now["map"], strict=True):
            assert unpacked(ours) == pytest.approx(unpacked(theirs), abs=0.005)
    for key, reports in DATA["recorded"]["detector"].items():
        assert [one["label"] for one in reports] == [one["label"] for one in again["detector"][key]]
        assert [one["score"] for one in reports] == pytest.approx([one["score"] for one in again["detector"][key]], abs=0.01)


def test_every_bug_costs_what_the_figure_says():
    scores, model = DATA["scores"], load_translator()[0]
    right, broken = scores["translator"]["right"], [scores["translator"][name] for name in (*BUGS, "causal")]
    assert right > 0.9 and broken[:2] == pytest.approx([0, 0], abs=0.05) and 0.1 < broken[2] < 0.6 and broken[3] < 0.05
    assert scores["detector"]["right"] > 0.7 > scores["detector"]["padding"] > scores["detector"]["view"]
    assert scores["teacher_forced"]["causal"] > scores["teacher_forced"]["right"] > 0.98
    some = recorder(NAME).make_pairs(8, seed=3, split="test")
    with bug("padding"):
        assert recorder(NAME).right(model, some, padded=True) < recorder(NAME).right(model, some)
    assert said_first(NAME).startswith("On the right ") and ask(NAME, "m.first({...s, on: false})").startswith("On the right 0 of 14 words")


@pytest.mark.browser
@pytest.mark.parametrize("name", BUGS)
def test_a_bug_in_the_page_writes_what_it_writes_in_pytorch(page, name):
    labels = dict(softmax="softmax over the wrong axis", view="view without transpose", padding="no padding mask")
    model, record = load_translator()[0], recorder(NAME)
    page.get_by_label("Bug", exact=True).select_option(label=labels[name])
    for i in (3, 4):
        page.get_by_label("Sentence").select_option(index=i)
        with bug(name):
            wanted = record.written(model, record.SENTENCES[i], padded=name == "padding")["words"]
        page.wait_for_function("""wanted => [...document.querySelectorAll('.bk-break-words')].at(-1).textContent.trim() === wanted""",
                               arg=" ".join(wanted))
        assert words(page, 0) == record.ENGLISH[i].split()
    page.get_by_label("The bug is in").uncheck()
    page.wait_for_function("document.querySelector('.bk-readout').textContent.startsWith('On the right 0 of')")


@pytest.mark.browser
def test_the_translator_trained_without_the_mask_reads_perfectly_and_writes_nonsense(page):
    model, record = load_unmasked_translator()[0], recorder(NAME)
    page.get_by_label("Bug", exact=True).select_option(label="trained without the causal mask")
    assert "they get" in readout(page) and page.evaluate("!window.bookModels")
    page.get_by_label("Sentence").select_option(index=3)
    wanted = " ".join(record.written(model, record.SENTENCES[3])["words"])
    page.wait_for_function("wanted => [...document.querySelectorAll('.bk-break-words')].at(-1).textContent.trim() === wanted", arg=wanted)
    assert words(page, 2) == record.said(model, record.SENTENCES[3], record.ENGLISH[3]) == record.ENGLISH[3].split() != wanted.split()


@pytest.mark.browser
def test_the_detector_reports_what_the_recorded_bug_does_and_follows_a_drag(page):
    page.get_by_label("Model", exact=True).select_option(label="detector")
    page.get_by_label("Bug", exact=True).select_option(label="no padding mask")
    n = len(DATA["recorded"]["detector"]["padding"])
    assert f"the right one, with the bug, {n}." in readout(page) and page.locator(".bk-break-reports").nth(1).locator("rect").count() == n
    drag(page, page.locator(".bk-placed-object").first, 40, 20)
    page.wait_for_function("window.bookModels")
    page.wait_for_function(WAITED)
    assert page.locator(".bk-break-reports").first.locator("rect").count() >= 4


@pytest.mark.browser
def test_by_keyboard_narrow_and_wide_light_and_dark(visit):
    page = visit()
    assert readout(page) == said_first(NAME)
    tab_to(page, page.get_by_label("The bug is in"))
    page.keyboard.press("Space")
    says(page, "On the right 0 of 14 words differ")
    assert small_buttons(page, ".bk-controls") == []
