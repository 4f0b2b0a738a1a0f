"""What every figure promises: words, traits and data where they belong, a still picture, the same bytes each time, in the wheel as well."""

import html
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
import zipfile

import pytest
import traitlets
from figure_modules import NEEDED, in_javascript, said, state_of
from figure_page import ROOT, still_of

from book_lib.book import figure as library
from book_lib.book.figure import FALLBACK, FIGURES, declared_traits, figure, module, names, sources, style, words
from book_site import figures as site_figures


@pytest.fixture(params=names())
def name(request):
    return request.param


def make(name, **settings):
    return figure(name, **NEEDED.get(name, {}) | settings)


def test_there_is_a_test_file_for_each_figure(name):
    assert (ROOT / "tests" / "figures" / f"test_figure_{name}.py").exists()


def test_a_module_imports_nothing_asks_nobody_and_keeps_its_size(name):
    source = module(name)
    assert len(re.findall(r"^export\b", source, re.MULTILINE)) == 1 and source.count("export default bookFigure(") == 1
    assert not re.search(r"^import\b", source, re.MULTILINE)
    assert not re.search(r"\.(innerHTML|outerHTML|insertAdjacentHTML)\b|https?://(?!www\.w3\.org)|\bfetch\(", source)
    assert len(re.sub(rb"\n\s+", b"\n", sources(name)[-1].read_bytes())) <= 20_000, "without its indentation"
    recorded = FIGURES / name / "data.json"
    assert not recorded.exists() or len(recorded.read_bytes()) <= 60_000 and (FIGURES / name / "record.py").exists()


def test_its_words_ask_one_question_and_none_stands_in_the_code(name):
    own = words(name)
    assert own["title"].endswith("?"), "a figure answers one question"
    assert all(isinstance(own[part], str | list) for part in ("title", "prompts", "seen", "caption"))
    assert not re.search(r'"[A-Z][a-z]+ [a-z]+ [a-z]+', sources(name)[-1].read_text("utf-8")), "a sentence belongs into words.en.json"
    for wording, changed in own.get("wordings", {}).items():
        assert set(changed) <= {"title", "prompts", "seen", "caption"} and changed["title"].endswith("?"), wording


def test_the_notebook_holds_name_and_state_alone(name):
    made = make(name, number="2.9")
    bundle = made._repr_mimebundle_()[0]
    found = re.fullmatch(r'<figure class="bk-fig" data-figure="(\w+)" data-state="([^"]*)">([^<]*)</figure>', bundle["text/html"])
    assert found[1] == name and found[3] == FALLBACK and bundle["text/plain"] == f"<interactive figure 2.9: {name}>"
    assert json.loads(html.unescape(found[2])) == {"number": "2.9"} | NEEDED.get(name, {})
    assert bundle["text/html"] == make(name, number="2.9").static_html() == site_figures.FIGURE.search(bundle["text/html"])[0]
    assert "0x" not in repr(made)


def test_state_given_is_kept_and_its_text_escaped():
    text = figure("who_sees_whom", tokens=["<b onclick=x>", '"&']).static_html()
    assert "<b onclick" not in text
    ((_, state),) = site_figures.FIGURE.findall(text)
    assert json.loads(html.unescape(state)) == {"tokens": ["<b onclick=x>", '"&']}


def test_the_still_picture_is_well_formed_says_the_sentence_and_carries_no_script(name):
    still = still_of(make(name, number="2.9").static_html())
    root = ElementTree.fromstring(still)
    assert root.get("id") == "interactive-2-9" and root.get("data-figure") == name
    ids = [node.get("id") for node in root.iter() if node.get("id")]
    assert len(ids) == len(set(ids)) and root.get("aria-labelledby") in ids
    assert not re.search(r"<script|\son\w+=", still)
    settings = {key: value for key, value in (NEEDED.get(name, {}) | {"number": "2.9"}).items() if key != "number"}
    readouts = ["".join(node.itertext()) for node in root.iter("p") if node.get("class") == "bk-readout"]
    assert readouts and all(readouts) and len(set(readouts)) == 1
    if in_javascript(name, "m.sentence.length") == 1:                        # others say what a model in the page has answered
        assert readouts[0] == said(name, **settings)
    for picture in root.iter("svg"):
        assert picture.get("aria-label") or picture.get("aria-hidden") or picture.find("{*}g[@aria-label]") is not None or any(
            node.get("aria-label") for node in picture.iter()) or picture.get("role") != "img"


def test_a_page_loads_a_module_without_its_indents_and_comments(name):
    served = json.loads(site_figures.script(name, "en").partition("] = ")[2].removesuffix(";\n"))["source"]
    assert not re.search(r"^([ \t]|//|/\*)", served, re.MULTILINE)
    code = re.sub(r"/\*.*?\*/", "", module(name), flags=re.DOTALL)
    lines = [line for line in map(str.strip, code.splitlines()) if line and not line.startswith("//")]
    assert lines == [line.rstrip() for line in re.sub(r"/\*.*?\*/", "", served, flags=re.DOTALL).splitlines() if line]


def test_a_state_that_cannot_be_drawn_says_why():
    with pytest.raises(ValueError, match="undefined"):
        still_of(figure("attention_by_hand", tokens=["it", "road"], row=5).static_html())


def test_an_unknown_name_setting_wording_or_folder_is_one_line():
    for wrong, said_of_it in (
        (lambda: figure("nothing"), f"there is no interactive figure 'nothing'; the figures are: {', '.join(names())}"),
        (lambda: figure("_lib"), "there is no interactive figure '_lib'"),
        (lambda: figure("../book_lib"), "there is no interactive figure '../book_lib'"),
        (lambda: figure("why_sqrt_d", colour="red"), "why_sqrt_d has no setting 'colour'; it has: d_k, place"),
        (lambda: figure("quiz"), "quiz needs the setting 'chapter'"),
        (lambda: figure("why_sqrt_d", wording="sad"), "why_sqrt_d has no wording 'sad'; it has: none"),
        (lambda: figure("why_sqrt_d", number=3), "why_sqrt_d: The 'number' trait of a why_sqrt_d instance expected a unicode string"),
        (lambda: library.recorder("causal_mask"), "the figure 'causal_mask' has no record.py"),
    ):
        with pytest.raises(ValueError) as error:
            wrong()
        assert str(error.value).startswith(said_of_it) and "\n" not in str(error.value)


WRONG = [
    ("attention_by_hand", {"row": "it"}), ("attention_by_hand", {"row": 6}), ("attention_by_hand", {"key": [[1, 2]]}),
    ("attention_by_hand", {"value": [[6, 0], [0, 0], [0, 0], [0, 0]]}), ("attention_by_hand", {"tokens": ["it"]}),
    ("attention_by_hand", {"scale": "no"}), ("book_map", {"chosen": "five"}), ("book_map", {"only": 2}),
    ("causal_mask", {"mask": [[2] * 6] * 6}), ("causal_mask", {"layers": 5}), ("causal_mask", {"tokens": ["a", "b"]}),
    ("cost_and_score", {"axis": "colour"}), ("cost_of_looking", {"levels": 5}), ("cost_of_looking", {"height": 32}),
    ("encoder_attention", {"cell": [1]}), ("encoder_attention", {"cell": 3}),
    ("finish_my_drawing", {"given": 64}), ("finish_my_drawing", {"drawing": [0] * 63}), ("finish_my_drawing", {"drawing": [17] * 64}),
    ("follow_the_shapes", {"image_height": 31}), ("follow_the_shapes", {"other_width": "480"}), ("follow_the_shapes", {"box": "c6"}),
    ("hungarian_steps", {"cost": []}), ("hungarian_steps", {"cost": [[1, 100]]}), ("hungarian_steps", {"cost": [[0.5]]}),
    ("hungarian_steps", {"step": -1}), ("lane_queries", {"query": 7}), ("lane_queries", {"road": "two"}),
    ("looks_over_training", {"epoch": 11}),
    ("name_my_drawing", {"layer": 5}), ("name_my_drawing", {"drawing": [0.5] * 64}), ("name_my_drawing", {"shuffled": "yes"}),
    ("offset_playground", {"chosen": 4}), ("offset_playground", {"reference": [0.5]}),
    ("offset_playground", {"map": [[1, 2]]}), ("one_idea", {"word": -2}), ("patch_size", {"size": 12}), ("patch_size", {"place": [0, 224]}),
    ("position_code", {"width": 6}), ("position_code", {"base": 7}), ("position_code", {"position": 48}),
    ("raster_playback", {"place": 64}), ("raster_playback", {"head": "mean"}),
    ("road_from_parameters", {"bend": 13}), ("road_from_parameters", {"pitch": "steep"}),
    ("road_from_parameters", {"car": 2}), ("same_scene", {"query": 20}), ("same_scene", {"objects": [{}] * 13}),
    ("shuffle_the_sentence", {"tokens": ["dog", "eats", "man"]}),
    ("similar_positions", {"patch": 64}), ("similarity_by_offset", {"look": 9}), ("similarity_by_offset", {"kind": "random"}),
    ("split_merge", {"width": 0}),
    ("split_merge", {"at_once": "yes"}), ("timeline", {"tasks": ["poetry"]}), ("timeline", {"tasks": "poetry"}),
    ("timeline", {"ideas": ["luck"]}), ("timeline", {"years": [2019]}), ("timeline", {"years": [2013, 2019]}),
    ("transformer_walk", {"box": "dec-middle"}), ("where_vit_looks", {"map": 21}), ("where_vit_looks", {"patch": 64}),
    ("where_vit_looks", {"picture": "disc"}), ("who_sees_whom", {"kernel": 4}), ("who_sees_whom", {"d": "64"}),
    ("who_sees_whom", {"output": 12}), ("why_sqrt_d", {"d_k": 3}), ("why_sqrt_d", {"place": 5}),
]


@pytest.mark.parametrize(("name", "wrong"), WRONG, ids=str)
def test_traits_refuse_what_they_do_not_declare_at_the_start_and_later(name, wrong):
    (trait,) = wrong
    with pytest.raises(ValueError, match=f"^{name}: .*{trait}"):
        figure(name, **wrong)
    made = figure(name)
    before = getattr(made, trait)
    with pytest.raises(traitlets.TraitError):
        setattr(made, trait, wrong[trait])
    assert getattr(made, trait) == before


def test_the_first_values_declared_are_accepted_and_the_schema_uses_known_words(name):
    for trait, about in declared_traits(name).items():
        assert set(about) <= {"type", "enum", "items", "minimum", "maximum", "minItems", "maxItems", "nullable", "default"}, trait
    state = state_of(name, **NEEDED.get(name, {}))
    assert all(state[trait] == about["default"] for trait, about in declared_traits(name).items() if "default" in about)


def test_a_language_is_chosen_by_the_book_and_in_jupyter_by_the_environment(tmp_path, monkeypatch):
    for part in ("_lib", "causal_mask", "why_sqrt_d"):
        os.symlink(FIGURES / part, tmp_path / part)
    (tmp_path / "who_sees_whom").mkdir()
    for file in (FIGURES / "who_sees_whom").iterdir():
        os.symlink(file, tmp_path / "who_sees_whom" / file.name)
    chinese = words("who_sees_whom") | {"title": "一个词要走多远？"}
    (tmp_path / "who_sees_whom" / "words.zh.json").write_text(json.dumps(chinese), encoding="utf-8")
    monkeypatch.setattr(library, "FIGURES", tmp_path)
    assert words("who_sees_whom", "zh")["title"] == "一个词要走多远？" and words("who_sees_whom")["title"].startswith("How far")
    assert words("causal_mask", "zh")["title"] == words("causal_mask", "en")["title"], "English where there is no translation"
    monkeypatch.setenv("BOOK_LANGUAGE", "zh")
    assert figure("who_sees_whom").words["title"] == "一个词要走多远？"


def test_styles_hold_the_colours_and_what_the_figure_uses_alone():
    css = style("causal_mask")
    assert "--paper:" in css and ".bk-mask-cell" in css and ".bk-walk-box" not in css and ".bk-scene-view" not in css
    assert ".bk-scene-view" in style("query_explorer")
    together = site_figures.style_of_page(["causal_mask", "quiz"])
    assert together.count(".bk-readout {") and ".bk-question-box" in together and "--paper:" not in together


def test_an_installed_library_draws_its_figures(tmp_path):
    wheels = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path, ROOT]
    subprocess.run(wheels, check=True, capture_output=True, text=True)
    (wheel,) = tmp_path.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    program = "from book_lib.book.figure import figure, FIGURES; print(FIGURES); print(figure('timeline', number='1.1').static_html())"
    away = {**os.environ, "PYTHONPATH": str(tmp_path / "installed")}
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=away, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    folder, text = run.stdout.splitlines()
    assert folder.endswith("installed/book_lib/shipped_figures") and text == figure("timeline", number="1.1").static_html()
