"""What every interactive figure promises on the Python side: checked traits, one module, a picture of its own, the same bytes each time."""

import html
import json
import re
import xml.etree.ElementTree as ElementTree

import pytest
import traitlets

from book_lib.widgets import FIGURES, NAMES, Quiz, module_source, read_questions
from book_lib.widgets.base import Checked, fill, labels, number, vector

QUESTIONS = read_questions("02_self_attention")


def make(figure_class, **traits):
    return figure_class(**({"questions": QUESTIONS} if figure_class is Quiz else {}), **traits)


@pytest.fixture(params=FIGURES, ids=NAMES)
def figure_class(request):
    return request.param


def test_names_are_unique_and_classes_are_exported():
    import book_lib.widgets

    assert len(set(NAMES)) == len(NAMES)
    assert all(getattr(book_lib.widgets, figure.__name__) is figure for figure in FIGURES)


def test_a_module_is_the_chrome_and_the_figure_with_one_default_export(figure_class):
    source = module_source(figure_class.name)
    assert source == figure_class._esm
    assert source.index("const CHROME = {") < source.index("const LABELS = {")
    assert len(re.findall(r"^export default bookFigure\(", source, re.MULTILINE)) == 1
    assert not re.search(r"^import\b", source, re.MULTILINE)
    assert not re.search(r"\.(innerHTML|outerHTML|insertAdjacentHTML)\b|https?://(?!www\.w3\.org)", source)


def test_a_module_keeps_its_size(figure_class):
    own = len(module_source(figure_class.name).encode()) - len(module_source("quiz").split("const LABELS")[0].encode())
    assert own <= 20_000


@pytest.mark.parametrize("name", ["nothing", "_chrome", "../base"])
def test_an_unknown_module_is_one_line(name):
    with pytest.raises(ValueError, match=r"there is no interactive figure .*; the figures are: .*attention_by_hand") as error:
        module_source(name)
    assert "\n" not in str(error.value)


def test_labels_are_the_words_of_the_module(figure_class):
    words = labels(figure_class.name)
    assert words["title"].endswith("?"), "a figure answers one question"
    assert all(isinstance(words[name], str | list) for name in ("title", "prompts", "seen", "caption"))
    assert json.dumps(words["title"], ensure_ascii=False)[1:-1] in module_source(figure_class.name)


def test_python_and_module_hold_the_same_state(figure_class):
    keys = re.search(r"bookFigure\(\{[^}]*keys: \[([^\]]*)\]", module_source(figure_class.name)).group(1)
    assert {*json.loads(f"[{keys}]"), "caption", "number", "title"} == set(figure_class.state_names())


def test_the_same_state_gives_the_same_bytes(figure_class):
    first, second = make(figure_class, number="2.9").static_html(), make(figure_class, number="2.9").static_html()
    assert first == second
    assert "0x" not in make(figure_class).__repr__()


def test_the_static_form_is_what_the_mount_script_reads(figure_class):
    figure = make(figure_class, number="2.9")
    text = figure.static_html()
    widget = r'<div class="bk-widget" id="interactive-2-9" data-esm="([\w-]+)" data-height="(\d+) (\d+)" data-model="([^"]*)">'
    head = re.match(widget, text)
    assert head.group(1) == figure.name
    assert json.loads(html.unescape(head.group(4))) == figure.state
    assert int(head.group(2)) >= 300 and int(head.group(3)) >= int(head.group(2))
    assert figure._repr_mimebundle_()[0]["text/html"] == text


def test_the_fallback_is_well_formed_and_stands_alone(figure_class):
    figure = make(figure_class)
    fallback = figure._fallback()
    root = ElementTree.fromstring(fallback.replace("<br>", "<br/>"))
    assert root.get("class") == "bk-fig bk-fallback"
    assert not re.search(r"<script|\son\w+=|https?://|url\(", fallback)
    assert html.unescape(fallback).count(figure.sentence()) == 1
    for picture in root.iter("svg"):
        assert picture.get("role") == "img" and picture.get("aria-label")


def test_text_from_traits_is_escaped(figure_class):
    text = make(figure_class, caption="<b onclick=x>&", title='"<i>').static_html()
    assert "<b onclick" not in text and "<i>" not in text
    assert "&lt;b onclick=x&gt;&amp;" in text


def test_an_unknown_setting_is_named(figure_class):
    with pytest.raises(ValueError, match=rf"^{figure_class.__name__} has no setting 'colour'; it has: .*caption"):
        make(figure_class, colour="red")


def test_a_wrong_value_is_one_line_at_the_start_and_later(figure_class):
    message = rf"^{figure_class.__name__}: caption is 3, but it must be text$"
    with pytest.raises(ValueError, match=message):
        make(figure_class, caption=3)
    figure = make(figure_class)
    with pytest.raises(ValueError, match=message):
        figure.caption = 3
    assert figure.caption != 3


def test_a_checked_trait_reports_long_values_shortly_and_turns_tuples_into_lists():
    class Thing(traitlets.HasTraits):
        pair = Checked([0, 0], lambda value: len(value) == 2, "a pair")

    thing = Thing(pair=(1, (2, 3)))
    assert thing.pair == [1, [2, 3]]
    with pytest.raises(ValueError, match=r"^Thing: pair is \[0, 0, .*…, but it must be a pair$") as error:
        thing.pair = [0] * 1000
    assert len(str(error.value)) < 140
    with pytest.raises(ValueError, match="^Thing: pair is 5, but it must be a pair$"):
        thing.pair = 5


@pytest.mark.parametrize(
    ("x", "shown"), [(0.125, "0.13"), (-0.125, "−0.13"), (-0.001, "0.00"), (0, "0.00"), (2.675, "2.67"), (-3, "−3.00"), (1e6, "1000000.00")]
)
def test_numbers_look_as_in_the_browser(x, shown):
    assert number(x) == shown


def test_loose_numbers_vectors_and_templates():
    assert number(-2, loose=True) == "−2" and number(2.5, loose=True) == "2.50"
    assert vector([1, -0.5], 1) == "(1.0, −0.5)"
    assert fill("{a} and {b}, not {c}", a="x", b=2) == "x and 2, not {c}"
