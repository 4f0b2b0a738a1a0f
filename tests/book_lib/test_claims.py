"""claims.yml and questions.yml as they stand, the verdict box, and what is said when either is wrong."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from bs4 import BeautifulSoup

from book_lib.book.chapters import slugs
from book_lib.book.claims import LABELS, VERDICTS, load_claims, load_questions, verdict

ROOT = Path(__file__).resolve().parents[2]
CLAIM = {"id": "C01", "chapters": ["history"], "kind": "F", "zh": "起源", "en": "The origin.", "verdict": "right"}
QUESTION = {"id": "q-vit-1", "chapter": "vit", "question": "Why?"}


def test_all_statements_are_there_in_order():
    claims = load_claims()
    assert list(claims) == [f"C{number:02d}" for number in range(1, 76)]
    assert {claim["verdict"] for claim in claims.values()} <= set(VERDICTS)
    assert {slug for claim in claims.values() for slug in claim["chapters"]} == set(slugs())
    spoken = re.compile(r"[\u4e00-\u9fff]|Transformer|attention")
    assert all(spoken.search(claim["zh"]) and not re.search("[\u4e00-\u9fff]{6}", claim["en"]) for claim in claims.values())


def test_all_questions_are_there_numbered_by_chapter():
    questions = load_questions(ROOT / "questions.yml")
    assert len(questions) == 103
    for slug in slugs():
        numbers = [int(name.rpartition("-")[2]) for name, entry in questions.items() if entry["chapter"] == slug]
        assert numbers == list(range(1, len(numbers) + 1)) and numbers
    assert len({entry["question"] for entry in questions.values()}) == 103
    assert all("?" in entry["question"] for entry in questions.values())


def test_verdict_says_the_same_in_text_and_html():
    answer = verdict("C13", True, measured="gradient norm 0.9 < 1 & stable", source="Vaswani et al. 2017, <§3.2.1>")
    box = BeautifulSoup(answer._repr_html_(), "html.parser").div
    claim = load_claims()["C13"]
    assert (box["class"], box["id"], box["data-claim"], box["data-verdict"]) == (["bk-verdict"], "claim-C13", "C13", "mostly right")
    shown = {name: box.select_one(f".bk-verdict-{name}").get_text() for name in ("word", "note", "zh", "en", "measured", "source")}
    assert shown == {
        "word": "mostly right",
        "note": claim["note"],
        "zh": claim["zh"],
        "en": claim["en"],
        "measured": "gradient norm 0.9 < 1 & stable",
        "source": "Vaswani et al. 2017, <§3.2.1>",
    }
    assert all(text in repr(answer) for text in shown.values()) and repr(answer).startswith("C13: mostly right (")
    assert box.select_one(".bk-verdict-zh")["lang"] == "zh" and box["role"] == "group" and box["aria-label"]
    assert "style=" not in str(box)


@pytest.mark.parametrize("supported", [True, np.bool_(True), np.float64(2) > 1, torch.tensor(2) > 1])
def test_a_boolean_of_any_library_supports(supported):
    assert verdict("C13", supported, measured=3).measured == "3"


def test_only_what_is_there_is_shown():
    cited = BeautifulSoup(verdict("C01", True, source="the paper")._repr_html_(), "html.parser")
    assert not cited.select(".bk-verdict-measured, .bk-verdict-note") and LABELS["measured"] not in cited.get_text()


@pytest.mark.parametrize(
    "arguments, about, complaint",
    [
        (("C76", True), dict(measured="1"), "claim_id 'C76' is not in claims.yml, which goes from C01 to C75"),
        (("C13", False), dict(measured="1.5"), "C13: this run does not support the verdict 'mostly right' (measured: 1.5)"),
        (("C13", torch.tensor(1.0) > 2), dict(measured="1.5"), "does not support"),
        (("C13", "yes"), dict(measured="1"), "supported must be one boolean"),
        (("C13", np.array([True, True])), dict(measured="1"), "supported must be one boolean"),
        (("C13", 1), dict(measured="1"), "supported must be one boolean"),
        (("C13", True), {}, "a verdict needs evidence"),
        (("C13", True), dict(measured="a lot"), "a verdict needs evidence"),
        (("C13", True), dict(measured=" ", source=" "), "a verdict needs evidence"),
    ],
)
def test_bad_verdict(arguments, about, complaint):
    with pytest.raises(ValueError) as caught:
        verdict(*arguments, **about)
    assert complaint in str(caught.value) and "\n" not in str(caught.value)


def changed(entry, **changes):
    return [{name: value for name, value in {**entry, **changes}.items() if value is not None}]


@pytest.mark.parametrize(
    "entries, complaint",
    [
        (changed(CLAIM, verdict=None), "claims.yml: entry 1 (C01): must contain ['verdict'] properties"),
        (changed(CLAIM, verdict="true"), "verdict must be one of ['right', 'mostly right'"),
        (changed(CLAIM, verdict=True), "'not testable here'], got True"),
        (changed(CLAIM, kind="Y"), "kind must be one of ['F', 'E', 'X'], got 'Y'"),
        (changed(CLAIM, chapters=["vitt"]), "chapters 1 must be one of ('history'"),
        (changed(CLAIM, chapters="vit"), "chapters must be array, got 'vit'"),
        (changed(CLAIM, zh=""), "zh must be a text; "),
        (changed(CLAIM, measured="3"), "must not contain {'measured'} properties"),
        (changed(CLAIM) * 2, "entry 2 (C01): the id stands twice"),
        (["C01"], "entry 1: must be object, got 'C01'"),
        ({"C01": CLAIM}, "expected a list with at least one entry, got {"),
        (None, "expected a list with at least one entry, got None"),
    ],
)
def test_bad_claims_file(tmp_path, entries, complaint):
    path = tmp_path / "claims.yml"
    path.write_text(yaml.safe_dump(entries, allow_unicode=True), encoding="utf-8")
    with pytest.raises(ValueError) as caught:
        load_claims(path)
    assert complaint in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "entries, complaint",
    [
        (changed(QUESTION, question=None), "questions.yml: entry 1 (q-vit-1): must contain ['question'] properties"),
        (changed(QUESTION, question=7), "question must be a text; "),
        (changed(QUESTION, answer="yes"), "must not contain {'answer'} properties"),
        (changed(QUESTION, chapter="vitt"), "chapter must be one of ('history'"),
        (changed(QUESTION, id="q-detr-1"), "id 'q-detr-1' must be q-vit-<number>"),
        (changed(QUESTION, id="q-vit-one"), "must be q-vit-<number>"),
        (changed(QUESTION) * 2, "stands twice"),
    ],
)
def test_bad_questions_file(tmp_path, entries, complaint):
    path = tmp_path / "questions.yml"
    path.write_text(yaml.safe_dump(entries), encoding="utf-8")
    with pytest.raises(ValueError) as caught:
        load_questions(path)
    assert complaint in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_is_not_yaml_or_not_there(tmp_path):
    (tmp_path / "claims.yml").write_text("- id: C01\n  zh: 'open\n", encoding="utf-8")
    with pytest.raises(ValueError, match="claims.yml: line 3 is not YAML"):
        load_claims(tmp_path / "claims.yml")
    with pytest.raises(ValueError, match="questions.yml does not exist"):
        load_questions(tmp_path / "questions.yml")


def test_claims_history_and_chapters_travel_in_the_wheel(tmp_path):
    """Where the library is installed without the repository (Colab), a chapter still finds its data."""
    build = "from hatchling.build import build_wheel; import sys; print(build_wheel(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    zipfile.ZipFile(next(tmp_path.glob("*.whl"))).extractall(tmp_path / "installed")
    program = "import book_lib.book.claims as c; print(c.__file__, c.verdict('C13', True, measured=1).claim['id'], len(c.load_claims()))"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path / "installed", capture_output=True, text=True)
    assert done.stdout.split() == [str(tmp_path / "installed" / "book_lib" / "book" / "claims.py"), "C13", "75"], done.stderr
    program = "from book_lib.book.history import works; "
    program += "from book_lib.book.chapters import written; print(len(works()) > 20, '09_detr' in written())"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path / "installed", capture_output=True, text=True)
    assert done.stdout.split() == ["True", "True"], done.stderr
