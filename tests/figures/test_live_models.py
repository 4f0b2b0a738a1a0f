"""Pages with several live models: nothing is loaded before it is needed, two models are open at most, and all of them answer."""

import json
import re
from pathlib import Path

import pytest
from chromium import new_page
from figure_page import HOSTS, MOUNTED, TWO_FRAMES, write_page

from book_lib.book.figure import figure

pytestmark = pytest.mark.browser
FIGURES = ("your_scene", "your_sentence", "break_it")
COUNT_WORKERS = """window.open_workers = 0; window.most_workers = 0;
const end = Worker.prototype.terminate;
window.Worker = new Proxy(Worker, { construct: (kind, given) => {
  window.most_workers = Math.max(window.most_workers, ++window.open_workers);
  return new kind(...given);
} });
window.Worker.prototype.terminate = function () { window.open_workers--; return end.call(this); };"""
SAVES_DATA = "Object.defineProperty(navigator, 'connection', { value: { saveData: true } });"
FILES = "Object.keys(window.bookModels ?? {}).filter(name => name.endsWith('_file')).sort().join()"
READOUT = "document.querySelector('figure[data-figure=%s] .bk-readout').textContent"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_page(tmp_path_factory.mktemp("several"), [figure(name, number=f"A.{i + 1}") for i, name in enumerate(FIGURES)])


@pytest.fixture
def opened(browser, path):
    """opened(script): the page at its top, after a script has changed what the browser has; at the end it must be free of errors."""
    pages = []

    def start(script=""):
        page = new_page(browser, viewport={"width": 1280, "height": 900})
        page.faults = []
        page.on("console", lambda message: page.faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.add_init_script(COUNT_WORKERS + script)
        page.goto(path.as_uri())
        page.wait_for_function(f"{HOSTS}[0].dataset.mounted === '1'")
        pages.append(page)
        return page

    yield start
    for page in pages:
        assert page.faults == []
        page.close()


def shown(page, name):
    """A figure of the page, scrolled to the middle of the window and mounted."""
    host = page.locator(f"figure[data-figure={name}]")
    host.evaluate("host => host.scrollIntoView({ block: 'center' })")
    page.wait_for_function("name => document.querySelector(`figure[data-figure=${name}]`).dataset.mounted === '1'", arg=name)
    page.evaluate(TWO_FRAMES)
    return host


def says(page, name, what):
    page.wait_for_function(f"what => {READOUT % name}.includes(what)", arg=what)


def test_below_the_fold_a_model_is_loaded_when_its_figure_comes_near_and_above_it_when_it_is_touched(opened):
    page = opened()
    page.evaluate(TWO_FRAMES)
    assert page.evaluate(FILES) == "" and page.evaluate("window.most_workers") == 0
    shown(page, "your_sentence")
    page.wait_for_function("window.bookModels?.translator_file")
    assert page.evaluate(FILES) == "translator_file"
    page.evaluate("scrollTo(0, 0)")
    page.evaluate(TWO_FRAMES)
    assert page.evaluate(FILES) == "translator_file"
    page.get_by_role("button", name="Copy").focus()
    page.wait_for_function("window.bookModels.detr_file")
    assert page.evaluate("document.querySelectorAll('script[src*=\"engine.js\"]').length") == 1


def test_the_page_of_live_models_opens_two_whatever_is_tried_on_it(browser, tmp_path):
    page_of_the_book = (Path(__file__).parents[2] / "appendix" / "live_models.md").read_text("utf-8")
    asked = re.findall(r"```{interactive} (\w+)\n(.*?)```", page_of_the_book, re.DOTALL)
    assert [name for name, _ in asked] == list(FIGURES)
    page = new_page(browser, viewport={"width": 1280, "height": 900})
    page.goto(write_page(tmp_path, [figure(name, **json.loads(settings)) for name, settings in asked]).as_uri())
    shown(page, "your_scene").get_by_role("button", name="cross", exact=True).click()
    says(page, "your_scene", "You placed 5 objects")
    shown(page, "your_sentence").get_by_label("Begin with").select_option(index=2)
    broken = shown(page, "break_it")
    bugs = broken.get_by_label("Bug", exact=True)
    for i in range(bugs.locator("option").count()):
        bugs.select_option(index=i)
        broken.locator(".bk-placed-object").nth(1).press("Shift+ArrowLeft")
        page.wait_for_function(f"window.bookModels?.detr_file && {READOUT % 'break_it'}.startsWith('The detector makes')")
    page.wait_for_function(f"!{READOUT % 'your_sentence'}.includes('Loading')")
    assert page.evaluate(FILES) == "detr_file,translator_file"
    page.close()


def test_where_the_reader_saves_data_nothing_is_loaded_before_a_figure_is_touched(opened):
    page = opened(SAVES_DATA)
    host = shown(page, "your_sentence")
    assert page.evaluate("!window.bookModels")
    host.get_by_label("Beam search").check()
    page.wait_for_function("document.querySelector('.bk-speak-beams li')")
    assert page.evaluate(FILES) == "translator_file"


def test_a_third_model_takes_the_place_of_the_oldest_which_is_opened_anew_when_it_is_asked_again(opened):
    page = opened()
    scene = shown(page, "your_scene")
    scene.get_by_role("button", name="cross", exact=True).click()
    says(page, "your_scene", "You placed 5 objects")
    page.wait_for_function("window.bookModels?.detr_file")
    sentence = shown(page, "your_sentence")
    sentence.get_by_label("Begin with").select_option(index=2)
    page.wait_for_function(f"!{READOUT % 'your_sentence'}.includes('Loading')")
    broken = shown(page, "break_it")
    broken.get_by_label("Bug", exact=True).select_option(label="trained without the causal mask")
    broken.get_by_label("Sentence").select_option(index=3)
    page.wait_for_function("document.querySelectorAll('.bk-break-words')[2]?.textContent.startsWith('three students saw the teacher')")
    assert page.evaluate(FILES) == "detr_file,translator_file,translator_no_mask_file"
    shown(page, "your_scene").get_by_label("Begin with").select_option(label="two discs, nearly on top of each other")
    says(page, "your_scene", "You placed 2 objects; the detector reports 1 object.")
    shown(page, "your_sentence").get_by_label("Begin with").select_option(index=3)
    page.wait_for_function(f"{READOUT % 'your_sentence'}.startsWith('“')")
    page.wait_for_function("window.open_workers === 2")
    assert page.evaluate("window.most_workers") <= 3             # a worker is ended once it has answered what it was asked
    page.wait_for_function(MOUNTED)
    assert page.evaluate("document.querySelectorAll('script[src*=\"engine.js\"]').length") == 1
    assert page.evaluate("document.querySelectorAll('script[src*=\".model.js\"]').length") == 3
