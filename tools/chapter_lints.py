"""What a chapter's notebooks must have, beyond running: one function a rule, each returning what is wrong, in words its author can act on.

`python tools/chapter_lints.py 02` says it of one chapter. The metadata of a notebook say its form, "lesson" or "lab"; without one it is
a chapter of the old form, whose rules go when the last of them is converted. What only a browser can measure: tests/site/test_lessons.py.
"""

import ast
import json
import re
import sys

import yaml
from bs4 import BeautifulSoup

from book_files import ROOT, find_chapter, lesson_of, slug_of
from book_lib.book.chapters import LAB
from book_lib.book.claims import load_claims, load_questions
from book_lib.book.quiz import QUIZZES
from book_site.claims import stored_verdicts
from run_chapter import file_problems, read
from set_address import SETUP_MARK, address, setup_problems

FIRST_SCREEN, LONGEST_CELL, LONGEST_OPEN_PLOT, IGNORED_SHARE = 8, 25, 10, 0.1
FIRST_CELLS, MOST_WORDS, MOST_CODE, MOST_PRINTED, MOST_SAID = 4, 2600, 10, 4, 8
CHAPTER, LESSON, LAB_FORM = "chapter", "lesson", "lab"
FACTS = ("title", "slug", "question", "summary")
HIDDEN = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
LARGEST_ERROR = re.compile(r"largest error[^\d\n<>]{0,40}(\d[\d.]*(?:e[+-]?\d+)?)", re.IGNORECASE)
DOWNLOAD = re.compile(r"https?://|urllib|urlopen|\brequests\b|\b(?:wget|curl)\b|torch\.hub|from_pretrained|hf_hub|download\s*=\s*True|\bfetch_")
INSTALL = re.compile(r"\bpip\b|\bconda\b|\bapt(?:-get)?\b|\bnpm\b|subprocess|os\.system|^\s*!", re.MULTILINE)
ABSOLUTE = re.compile(r"^(?:/[A-Za-z]|~/|[A-Za-z]:\\)")
MACHINE = re.compile(r"(?<![\w:/.<])/(?:home|root|Users|tmp|work|opt|usr|mnt|private)/\w")
MACHINE_ALT = re.compile(r"^[0-9a-f]{12,}|_images/|\.(?:png|svg|jpe?g|gif)$")
SMALLEST = 1e-9                                          # what is printed below it is a rounding error, unless it is a bound
SMALL_BUT_MEANT = {                                      # notebook: (a word of the line, why it is no rounding error)
    "05_transformer_lab": ("Xavier", "through 24 layers without a residual a gradient becomes that small, and right in all its digits"),
    "10_label_assignment_lab": ("confidences are told", "minus an exact zero"),
}
SMALL = re.compile(r"(?<![\w.])\d+(?:\.\d*)?e[-−]\d+", re.IGNORECASE)
NO_ZERO = re.compile(r"(?<![\w.])(?:[-−]0\.0+(?!\w)|0(?:\.0*)?e[-+−]?\d+)", re.IGNORECASE)
PICTURES = ("image/png", "image/jpeg", "image/svg+xml")
LINTS = {}


class Chapter:
    """A notebook of a chapter, its lesson or lab where it has one, and the root of the book whose files say what it owes its readers."""

    def __init__(self, path, root=ROOT):
        self.path, self.root, self.slug = path, root, slug_of(path)
        self.notebook = read(path)
        self.book = self.notebook.metadata.get("book", {})
        self.form = self.book.get("form", CHAPTER)
        other = lesson_of(path) if self.form == LAB_FORM else path.with_stem(path.stem + LAB)
        self.other = Chapter(other, root) if self.form == LAB_FORM and other.exists() else None
        self.lab = other if self.form == LESSON and other.exists() else None
        self.cells = self.notebook.cells
        self.code = [cell for cell in self.cells if cell.cell_type == "code"]
        self.text = [cell.source for cell in self.cells if cell.cell_type == "markdown"]


def lint(*forms):
    """A rule for notebooks of these forms; for all, where none is named."""

    def keep(rule):
        rule.forms = forms or (CHAPTER, LESSON, LAB_FORM)
        LINTS[rule.__name__] = rule
        return rule

    return keep


def rules_for(path):
    """The names of the rules that the notebook at path has to keep."""
    form = read(path).metadata.get("book", {}).get("form", CHAPTER)
    return [name for name, rule in LINTS.items() if form in rule.forms]


@lint(CHAPTER)
def opening(chapter):
    """Three to five things the reader will be able to do, what is needed first, a question, and the times that the metadata state."""
    found = _admonitions(chapter, "bk-opening")
    if not found:
        return ["no opening: a box of class bk-opening"]
    if not any("bk-opening" in cell.source for cell in chapter.cells[:3]):
        return ["the opening must stand in one of the first three cells"]
    book, text = chapter.notebook.metadata.get("book", {}), found[0]
    problems = [] if 3 <= _list_items(text) <= 5 else [f"the opening lists {_list_items(text)} things, expected three to five verbs"]
    problems += [] if re.search(r"\bneed", text, re.IGNORECASE) else ["the opening does not say what the reader needs first"]
    problems += [] if "?" in "".join(chapter.text[:4]) else ["the opening asks no question for the chapter to answer"]
    for name in ("minutes_to_read", "seconds_to_run"):
        stated = book.get(name)
        if not isinstance(stated, int) or stated <= 0:
            problems.append(f"metadata.book.{name} is missing or not a whole number")
        elif not re.search(rf"\b{stated}\b", text):
            problems.append(f"the opening does not say the {stated} of metadata.book.{name}")
    return problems


@lint(CHAPTER)
def first_screen(chapter):
    """A picture or an interactive figure within the first cells."""
    for cell in chapter.cells[:FIRST_SCREEN]:
        if _pictures(cell) or _shown(cell) or re.search(r"!\[|\{(?:figure|image|interactive)\}", cell.source):
            return []
    return [f"nothing to see within the first {FIRST_SCREEN} cells: no picture, no interactive figure"]


@lint(CHAPTER)
def interactive_figures(chapter):
    """Two different interactive figures at least."""
    kinds = set(_figures(chapter)) - {"quiz"}
    return [] if len(kinds) >= 2 else [f"{len(kinds)} interactive figures in the stored outputs, expected two different ones at least"]


@lint(CHAPTER, LESSON)
def source_shown(chapter):
    """The library's own source, shown by show_source."""
    return [] if _calls(chapter, "show_source") else ["show_source(...) is never called: show the library's own code"]


@lint(CHAPTER, LAB_FORM)
def proof(chapter):
    """Equality with a reference, outputs and gradients, with a bound of the largest error printed and asserted where it is computed."""
    proofs = [cell for cell in chapter.code if LARGEST_ERROR.search(_output_text(cell))]
    if not proofs:
        return ['no proof: print "largest error below" and the bound that the cell asserts']
    problems = [
        f"the proof in `{_first_line(cell)}` asserts nothing: assert how large the error may be" for cell in proofs if not _asserts(cell)
    ]
    problems += [
        f"the largest error in `{_first_line(cell)}` is {number}: that is no equality"
        for cell in proofs
        for number in LARGEST_ERROR.findall(_output_text(cell))
        if float(number.rstrip(".")) > 1e-3
    ]
    spoken = "".join(_output_text(cell) + cell.source for cell in proofs)
    return problems + ([] if "grad" in spoken else ["the proof covers outputs only, not gradients"])


@lint(CHAPTER, LESSON)
def misconception(chapter):
    """A box: often believed, in fact, see for yourself."""
    boxes = _admonitions(chapter, "bk-misconception")
    parts = ("often believed", "in fact", "see for yourself")
    missing = [f"a misconception box lacks “{part}”" for box in boxes for part in parts if part not in box.lower()]
    return missing if boxes else ["no misconception box (class bk-misconception)"]


@lint(CHAPTER, LAB_FORM)
def exercises(chapter):
    """Five exercises at least, each with a folded solution whose cells have run."""
    sources = "\n".join(chapter.text)
    labels = re.findall(r"\{exercise(?:-start)?\}.*\n(?:\s*:.*\n)*?\s*:label:\s*(\S+)", sources)
    number = chapter.path.stem.split("_")[0]
    problems = [] if len(set(labels)) >= 5 else [f"{len(set(labels))} exercises, expected five at least"]
    problems += [f"exercise label {label} must begin with ex-{number}-" for label in labels if not label.startswith(f"ex-{number}-")]
    if chapter.form == LAB_FORM:
        levels = set(re.findall(r"^\s*:class:.*\blevel-([123])\b", sources, re.MULTILINE))
        problems += [f"no exercise of level {level} (:class: level-{level})" for level in "123" if level not in levels]
    solved = _solutions(chapter)
    problems += [f"exercise {label} has no solution ({{solution-start}} … {{solution-end}})" for label in labels if label not in solved]
    for label, (folded, cells) in solved.items():
        problems += [] if folded else [f"the solution of {label} is not folded (:class: dropdown)"]
        problems += [] if cells and all(cell.execution_count for cell in cells) else [f"the solution of {label} has no code that ran"]
    return problems


@lint(CHAPTER, LESSON)
def quiz(chapter):
    """The self-check quiz of this chapter, drawn."""
    drawn = [state.get("chapter") for cell in chapter.code for name, state in _shown(cell) if name == "quiz"]
    return [] if chapter.path.stem in drawn else [f'no self-check quiz: end a cell with figure("quiz", chapter="{chapter.path.stem}")']


@lint(CHAPTER)
def closing(chapter):
    """What to remember in five lines, and further reading with citations, at the end."""
    boxes, tail = _admonitions(chapter, "bk-closing"), "\n".join(chapter.text[-4:])
    if not boxes or "bk-closing" not in tail:
        return ["no closing (class bk-closing) among the last four text cells"]
    problems = [] if _list_items(boxes[-1]) >= 5 else [f"the closing gives {_list_items(boxes[-1])} things to remember, expected five"]
    return problems + ([] if "{cite" in tail else ["no citation in the further reading of the closing"])


@lint()
def citations(chapter):
    """Something is cited, and every key is in references.bib."""
    cited = [key.strip() for keys in re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", "\n".join(chapter.text)) for key in keys.split(",")]
    bibliography = (chapter.root / "references.bib").read_text(encoding="utf-8")
    known = set(re.findall(r"^\s*@\w+\s*\{\s*([^,\s]+)\s*,", bibliography, re.MULTILINE))
    problems = [f"{key} is cited, but not in references.bib" for key in dict.fromkeys(cited) if key not in known]
    return problems if cited else ["nothing is cited: use {cite}`key`"]


@lint(CHAPTER, LAB_FORM)
def claims(chapter):
    """Every claim of the chapter is answered once, with evidence, as claims.yml has it, by something that the run computed."""
    known = load_claims(chapter.root / "claims.yml")
    owed = [claim["id"] for claim in known.values() if chapter.slug in claim["chapters"]]
    boxes = stored_verdicts(chapter.path)
    answered = [box["claim"] for box in boxes]
    problems = [f"claim {name} is not answered by a verdict box" for name in owed if name not in answered]
    problems += [f"claim {name} is answered {answered.count(name)} times" for name in dict.fromkeys(answered) if answered.count(name) > 1]
    problems += [f"claim {name} is not one of this chapter's in claims.yml" for name in dict.fromkeys(answered) if name not in owed]
    for box in boxes:
        claim = known.get(box["claim"], {"verdict": None})
        if box["verdict"] != claim["verdict"]:
            problems.append(f"the stored verdict of {box['claim']} is {box['verdict']!r}, claims.yml has {claim['verdict']!r}")
        if not box["source"] and not re.search(r"\d", box["measured"]):
            problems.append(f"the verdict of {box['claim']} has no measured number and no source behind it")
    return problems + _fixed_verdicts(chapter, known)


@lint(CHAPTER, LAB_FORM)
def questions(chapter):
    """Every question readers have on this topic is answered, in the lesson or in the lab, at a place that carries its label."""
    known = load_questions(chapter.root / "questions.yml")
    owed = [entry["id"] for entry in known.values() if entry["chapter"] == chapter.slug]
    text = "\n".join(chapter.text + (chapter.other.text if chapter.other else []))
    labels = re.findall(r"^\((q-[\w-]+)\)=\s*$", text, re.MULTILINE)
    problems = [f"no place carries the label ({name})= for “{known[name]['question']}”" for name in owed if name not in labels]
    problems += [f"the label {name} stands twice" for name in dict.fromkeys(labels) if labels.count(name) > 1]
    return problems + [f"the label {name} belongs to no question of this chapter" for name in dict.fromkeys(labels) if name not in owed]


@lint()
def alt_texts(chapter):
    """Every picture says in words what there is to see."""
    problems = []
    for cell in chapter.code:
        pictures = _pictures(cell)
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        if pictures > _drawings(cell) and not _speaks(alt):
            problems.append(f"the picture of `{_first_line(cell)}` has no alt text: set mystnb.image.alt in the cell's metadata")
        if pictures > 1:
            problems.append(f"`{_first_line(cell)}` draws {pictures} pictures that would share one alt text: draw one a cell")
        drawn = BeautifulSoup(_html(cell), "html.parser").find_all("img")
        problems += [f"an <img> made by `{_first_line(cell)}` has no alt text" for picture in drawn if not _speaks(picture.get("alt", ""))]
    text = "\n".join(chapter.text)
    problems += [f"picture {target} has no alt text" for alt, target in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)", text) if not _speaks(alt)]
    for body in re.findall(r"\{(?:figure|image)\}([^`]*)", text):
        if not _speaks(" ".join(re.findall(r"^\s*:alt:(.*)$", body, re.MULTILINE))):
            problems.append(f"picture {body.split()[0] if body.split() else '?'} has no :alt:")
    return problems


@lint()
def short_cells(chapter):
    """Code cells that fit a screen; longer plots folded away."""
    problems = []
    for cell in chapter.code:
        length = len(cell.source.splitlines())
        folded = HIDDEN & set(cell.metadata.get("tags", []))
        if length > LONGEST_CELL:
            problems.append(f"`{_first_line(cell)}` has {length} lines, a cell may have {LONGEST_CELL}")
        elif length > LONGEST_OPEN_PLOT and re.search(r"\b(?:plt|ax|axes|axs|fig)\.", cell.source) and not folded:
            problems.append(f"`{_first_line(cell)}` draws in {length} lines: fold it (tag hide-input) or move it to book_lib.pictures")
    return problems


@lint()
def no_models(chapter):
    """Models are defined in book_lib, where they are tested, not in the notebook."""
    return [
        f"`class {node.name}` is a model: define it in book_lib"
        for cell in chapter.code
        for node in ast.walk(_parsed(cell))
        if isinstance(node, ast.ClassDef) and any("Module" in ast.unparse(base) for base in node.bases)
    ]


@lint()
def compared_outputs(chapter):
    """Nearly all outputs are compared; one that is not is followed by an assertion of what matters; no cell is skipped."""
    ignored = [place for place, cell in enumerate(chapter.code) if _marked(cell, "ignore-output")]
    problems = []
    if len(ignored) > IGNORED_SHARE * len(chapter.code):
        problems.append(f"{len(ignored)} of {len(chapter.code)} cells have their output ignored, one in ten may")
    for place in ignored:
        if not any(_asserts(cell) for cell in chapter.code[place : place + 2]):
            problems.append(f"`{_first_line(chapter.code[place])}` is ignored and not followed by an assertion")
    skipped = [cell for cell in chapter.code if _marked(cell, "skip") or _marked(cell, "raises-exception")]
    return problems + [f"`{_first_line(cell)}` is kept from the comparison (nbval-skip, raises-exception)" for cell in skipped]


@lint()
def no_rounding_errors(chapter):
    """No rounding error is printed, which another processor rounds otherwise: only a bound that the code names."""
    word, _ = SMALL_BUT_MEANT.get(chapter.path.stem, ("\n", None))
    named = {node.value for cell in chapter.code for node in ast.walk(_parsed(cell)) if isinstance(node, ast.Constant)}
    problems = []
    for cell in chapter.code:
        printed = "\n".join(line for line in _output_text(cell).splitlines() if word not in line)
        small = {number: float(number.replace("−", "-")) for number in SMALL.findall(printed)}
        found = [number for number, value in small.items() if value < SMALLEST and value not in named] + NO_ZERO.findall(printed)
        problems += [f"`{_first_line(cell)}` prints {number}: print the bound that an assertion names" for number in dict.fromkeys(found)]
    return problems


@lint()
def setup(chapter):
    """The one cell that may install something is the one tools/set_address.py writes."""
    problems = setup_problems(chapter.notebook, address(chapter.root))
    others = [cell for cell in chapter.code if not cell.source.startswith(SETUP_MARK) and INSTALL.search(_without_comments(cell))]
    return problems + [f"`{_first_line(cell)}` installs or runs something outside Python" for cell in others]


@lint()
def no_downloads(chapter):
    """Nothing is fetched, and no file is named by its place on one machine."""
    problems = []
    for cell in chapter.code:
        if cell.source.startswith(SETUP_MARK):
            continue
        if DOWNLOAD.search(_without_comments(cell)):
            problems.append(f"`{_first_line(cell)}` downloads something")
        texts = [node.value for node in ast.walk(_parsed(cell)) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        problems += [f"`{_first_line(cell)}` holds the absolute path {text}" for text in texts if ABSOLUTE.match(text)]
        if MACHINE.search(_output_text(cell)):
            problems.append(f"the output of `{_first_line(cell)}` shows a path of one machine")
    return problems


@lint()
def normalised(chapter):
    """Stored exactly as `make chapter` stores it."""
    return file_problems(chapter.path)


@lint()
def executed(chapter):
    """Every cell has run, from the first to the last, and none failed."""
    counts = [cell.execution_count for cell in chapter.code]
    problems = [] if counts == list(range(1, len(counts) + 1)) else ["the cells were not run once each, in order: run `make chapter`"]
    failed = [cell for cell in chapter.code if any(output.output_type == "error" for output in cell.outputs)]
    return problems + [f"`{_first_line(cell)}` stores an error" for cell in failed]


@lint(CHAPTER, LESSON)
def glossary(chapter):
    """Terms are linked to the glossary."""
    return [] if "{term}`" in "\n".join(chapter.text) else ["no term is linked to the glossary: {term}`…` at first use"]


@lint()
def numbering(chapter):
    """Figures, tables and interactive figures are numbered 2.1, 2.2 …, in a lab L2.1, L2.2 …, each kind for itself, and have a caption."""
    number, text = int(chapter.path.stem.split("_")[0]), "\n".join(chapter.text)
    number = f"L{number}" if chapter.form == LAB_FORM else number
    found = {kind: re.findall(rf"^\*\*{kind} (L?\d+\.\d+)\.\*\*", text, re.MULTILINE) for kind in ("Figure", "Table")}
    found["Interactive"] = [state["number"] for cell in chapter.code for _, state in _shown(cell) if state.get("number")]
    problems = []
    for kind, numbers in found.items():
        wanted = [f"{number}.{place}" for place in range(1, len(numbers) + 1)]
        problems += [] if numbers == wanted else [f"the captions “{kind}” are numbered {', '.join(numbers)}, expected {', '.join(wanted)}"]
    drawn, captions = sum(_pictures(cell) > _drawings(cell) for cell in chapter.code), len(found["Figure"])
    may = sum(_drawings(cell) for cell in chapter.code)      # a drawing of the whole has a caption, one at the head of a section none
    fits = drawn <= captions <= drawn + may
    return problems + ([] if fits else [f"{drawn} pictures, but {captions} captions “**Figure {number}.n.**”"])


@lint(LESSON)
def facts(chapter):
    """The metadata state what map, cover and page say of the chapter, and the first cell says the same."""
    problems = [f"metadata.book.{name} is missing, or not text" for name in FACTS if not isinstance(chapter.book.get(name), str)]
    for name in ("minutes_to_read", "seconds_to_run"):
        if not isinstance(chapter.book.get(name), int) or chapter.book[name] <= 0:
            problems.append(f"metadata.book.{name} is missing or not a whole number")
    if not isinstance(chapter.book.get("needs"), list):
        problems.append("metadata.book.needs is missing: the slugs of the chapters this one builds on, [] for none")
    if problems:
        return problems
    wanted, first = f"# {int(chapter.path.stem[:2])} · {chapter.book['title']}", chapter.cells[0].source
    line, asked = first.partition("\n")[0], re.sub(r"[>\s]+", " ", re.sub(r"[*_]", "", first))
    problems += [] if line == wanted else [f"the first line is {line!r}, the metadata say {wanted!r}"]
    question = re.sub(r"[*_]", "", chapter.book["question"])
    return problems + ([] if question in asked else ["the first cell does not ask the question of metadata.book"])


@lint(LAB_FORM)
def lab_facts(chapter):
    """A lab has a lesson, whose title it bears, says how long it runs, and links to the lesson's questions."""
    if chapter.other is None:
        return [f"there is no lesson {lesson_of(chapter.path).name}"]
    repeated = [name for name in (*FACTS, "needs", "minutes_to_read") if name in chapter.book]
    problems = [f"metadata.book.{name} belongs to the lesson alone" for name in repeated]
    if not isinstance(chapter.book.get("seconds_to_run"), int):
        problems.append("metadata.book.seconds_to_run is missing or not a whole number")
    wanted = f"# Lab {int(chapter.path.stem[:2])} · {chapter.other.book.get('title')}"
    first = chapter.cells[0].source.partition("\n")[0]
    return problems + ([] if first == wanted else [f"the first line is {first!r}, expected {wanted!r}"])


@lint(LESSON)
def aims(chapter):
    """What the reader will be able to do and what is needed first, one line each, in a box of class bk-opening."""
    if not any("bk-opening" in cell.source for cell in chapter.cells[:FIRST_CELLS]):
        return [f"no opening: a box of class bk-opening in one of the first {FIRST_CELLS} cells"]
    lines = [line for line in _admonitions(chapter, "bk-opening")[0].split("\n\n")[-2:]]
    problems = [] if len(lines) == 2 and "You need" in lines[1] else ["the opening is “**You will** …” and “**You need** …”, one line each"]
    return problems + ([] if _list_items("\n".join(lines)) == 0 else ["the opening is a list; its aims are one line"])


@lint(LESSON)
def picture_first(chapter):
    """A picture or an interactive figure within the first cells."""
    seen = any(_pictures(cell) or _shown(cell) or "<svg" in _html(cell) for cell in chapter.cells[:FIRST_CELLS])
    return [] if seen else [f"no picture and no interactive figure within the first {FIRST_CELLS} cells"]


@lint(LESSON)
def few_figures(chapter):
    """Two to four interactive figures, the quiz not counted; the others are in the lab."""
    kinds = [name for name in _figures(chapter) if name != "quiz"]
    return [] if 2 <= len(kinds) <= 4 else [f"{len(kinds)} interactive figures, expected two to four"]


@lint(LESSON)
def words(chapter):
    """A lesson is short: text and quiz together."""
    count = len(re.findall(r"\w[\w’'-]*", _plain("\n".join(chapter.text) + _quiz_text(chapter))))
    return [] if count <= MOST_WORDS else [f"{count} words, quiz included; a lesson has about 2 500, at most {MOST_WORDS}"]


@lint(LESSON)
def little_code(chapter):
    """Only the lines that define the idea: few visible blocks, the library's own source counted."""
    seen = [cell for cell in chapter.code if not HIDDEN & set(cell.metadata.get("tags", []))]
    count = len(seen) + sum(_html(cell).count('class="bk-source"') for cell in chapter.code)
    return [] if count <= MOST_CODE else [f"{count} visible blocks of code, at most {MOST_CODE}: fold the others (tag hide-input)"]


@lint(LESSON)
def no_logs(chapter):
    """A result is a chart or a sentence: nothing printed beyond a few lines, no rows of True and False."""
    problems = []
    for cell in chapter.code:
        if {"remove-output", "hide-output", "hide-cell", "remove-cell"} & set(cell.metadata.get("tags", [])):
            continue
        printed = "\n".join(_printed(output) for output in cell.outputs).strip()
        if len(printed.splitlines()) > MOST_PRINTED or len(re.findall(r"\b(?:True|False)\b", printed)) > 1:
            problems.append(f"`{_first_line(cell)}` prints a log: draw it, say it, or move it to the lab")
    return problems


@lint(LESSON)
def proofs_elsewhere(chapter):
    """Verdicts and exercises are the lab's."""
    boxes = [box["claim"] for box in stored_verdicts(chapter.path)]
    found = [f"the verdict box of {name} belongs in the lab; the lesson has a mark: {{claim}}`{name}`" for name in boxes]
    return found + ["exercises belong in the lab"] * bool(re.search(r"\{exercise", "\n".join(chapter.text)))


@lint(LESSON)
def marks(chapter):
    """Every claim of the chapter has a mark, and every mark a verdict stored in the lab."""
    known = load_claims(chapter.root / "claims.yml")
    owed = [claim["id"] for claim in known.values() if chapter.slug in claim["chapters"]]
    marked = [name.strip() for names in re.findall(r"\{claim\}`([^`]+)`", "\n".join(chapter.text)) for name in names.split(",")]
    problems = [] if chapter.lab else [f"there is no lab {chapter.path.stem}{LAB}.ipynb"]
    answered = [box["claim"] for box in stored_verdicts(chapter.lab)] if chapter.lab else []
    problems += [f"claim {name} has no mark: {{claim}}`{name}`" for name in owed if name not in marked]
    problems += [f"the mark of {name} has no verdict in the lab" for name in dict.fromkeys(marked) if name in owed and name not in answered]
    return problems + [f"the mark {name} is no claim of this chapter" for name in dict.fromkeys(marked) if name not in owed]


@lint(LESSON)
def since_then(chapter):
    """A section that says what changed after the paper, in three cited lines."""
    section = re.search(r"^## Since then$(.*?)(?=^## |\Z)", "\n\n".join(chapter.text), re.MULTILINE | re.DOTALL)
    if not section:
        return ["no section “## Since then”"]
    count = len(re.findall(r"\{cite", section[1]))
    return [] if count >= 3 else [f"“Since then” cites {count} works, expected three"]


@lint(LESSON)
def remember(chapter):
    """What to remember in five lines, at the end."""
    boxes = _admonitions(chapter, "bk-closing")
    if not boxes or "bk-closing" not in "\n".join(chapter.text[-3:]):
        return ["no closing (class bk-closing) among the last three text cells"]
    return [] if _list_items(boxes[-1]) == 5 else [f"the closing gives {_list_items(boxes[-1])} things to remember, expected five"]


@lint(LESSON, LAB_FORM)
def ways_to_questions(chapter):
    """Lesson and lab both list the readers' questions of the chapter."""
    return [] if "{chapter-questions}" in "\n".join(chapter.text) else ["no list of the readers' questions: {chapter-questions}"]


@lint(LAB_FORM)
def further_reading(chapter):
    """Where to read on, cited, at the end."""
    section = re.search(r"^## Further reading$(.*)", "\n\n".join(chapter.text), re.MULTILINE | re.DOTALL)
    return [] if section and "{cite" in section[1] else ["no section “## Further reading” with citations"]


def _admonitions(chapter, name):
    """The boxes of that class, each from the line that opens its fence to the one that closes it."""
    boxes = []
    for text in chapter.text:
        for fence, body in re.findall(r"^(`{3,}|:{3,})(\{.*?)^\1\s*$", text, re.MULTILINE | re.DOTALL):
            boxes += [body] if fence and re.search(rf":class:.*\b{name}\b", body) else []
    return boxes


def _solutions(chapter):
    """{label: (folded?, code cells)} of the gated solutions, in order."""
    solved, current = {}, None
    for cell in chapter.cells:
        if cell.cell_type == "code":
            if current:
                solved[current][1].append(cell)
            continue
        for start, body, end in re.findall(r"\{solution-start\}\s*(\S+)((?:\n\s*:.*)*)|(\{solution-end\})", cell.source):
            current = None if end else start
            if current:
                solved[current] = (re.search(r":class:.*\bdropdown\b", body) is not None, [])
    return solved


def _fixed_verdicts(chapter, known):
    """verdict("C13", True): the answer must come from the run, except where a fact is cited."""
    calls = [call for cell in chapter.code for call in _calls_in(cell, "verdict") if len(call.args) > 1]
    return [
        f"the verdict of {call.args[0].value} is written down, not computed"
        for call in calls
        if isinstance(call.args[0], ast.Constant)
        and not any(isinstance(node, ast.Name | ast.Call | ast.Attribute) for node in ast.walk(call.args[1]))
        and known.get(call.args[0].value, {}).get("kind") != "F"
    ]


def _figures(chapter):
    return [name for cell in chapter.code for name, _ in _shown(cell)]


def _shown(cell):
    """The interactive figures in the stored outputs of a cell: [(name, state)]."""
    drawn = BeautifulSoup(_html(cell), "html.parser").select("figure[data-figure]")
    return [(figure["data-figure"], json.loads(figure["data-state"])) for figure in drawn]


def _printed(output):
    data = output.get("data", {})
    return output.get("text", "") or ("" if set(data) - {"text/plain"} else data.get("text/plain", ""))


def _plain(text):
    """The words a reader sees: without the names and options of directives, roles, formulas, code, addresses."""
    text = re.sub(r"\$\$.*?\$\$|\$[^$\n]*\$", " ", text, flags=re.DOTALL)
    text = re.sub(r"^\s*(?::[\w-]+:.*|(?:`{3,}|:{3,}).*|\([\w-]+\)=)$", " ", text, flags=re.MULTILINE)
    text = re.sub(r"\{(?:cite|claim)[^}]*\}`[^`]*`", " ", text)
    text = re.sub(r"\{[\w:-]+\}`([^`<]*)(?:<[^>]*>)?`", r"\1", text)
    return re.sub(r"\]\([^)]*\)|`[^`\n]*`", " ", text)


def _quiz_text(chapter):
    """Questions and options of the chapter's quiz, not the explanations that come after an answer."""
    path = QUIZZES / f"{chapter.path.stem}.yml"
    entries = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else []
    return " ".join(" ".join([entry["question"], *(str(option["text"]) for option in entry.get("options", []))]) for entry in entries)


def _calls(chapter, name):
    return [call for cell in chapter.code for call in _calls_in(cell, name)]


def _calls_in(cell, name):
    return [node for node in ast.walk(_parsed(cell)) if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == name]


def _asserts(cell):
    return any(isinstance(node, ast.Assert) for node in ast.walk(_parsed(cell))) or bool(_calls_in(cell, "assert_close"))


def _parsed(cell):
    source = re.sub(r"^(\s*)[%!].*$", r"\1pass", cell.source, flags=re.MULTILINE)
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.parse("")


def _without_comments(cell):
    return re.sub(r"(?m)^\s*#.*$", "", cell.source)


def _marked(cell, mark):
    comment = f"NBVAL_{mark.upper().replace('-', '_')}"
    tagged = any(tag in (f"nbval-{mark}", mark) for tag in cell.metadata.get("tags", []))
    return tagged or any(line.strip().lstrip("#").strip() == comment for line in cell.source.splitlines() if line.strip().startswith("#"))


def _pictures(cell):
    return sum(kind in PICTURES for output in cell.get("outputs", []) for kind in output.get("data", {}))


def _drawings(cell):
    """How many of them are drawings, which bring their own words."""
    return sum("data-drawing=" in str(output.get("data", {}).get("image/svg+xml", "")) for output in cell.get("outputs", []))


def _html(cell):
    return "".join(output.get("data", {}).get("text/html", "") for output in cell.get("outputs", []))


def _output_text(cell):
    return "\n".join(output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in cell.outputs)


def _speaks(alt):
    return len(alt.strip()) >= 15 and not MACHINE_ALT.search(alt.strip())


def _list_items(text):
    return len(re.findall(r"^\s*(?:[-*+]|\d+\.)\s+\S", text, re.MULTILINE))


def _first_line(cell):
    return (cell.source.strip().splitlines() or [""])[0][:60]


def main(arguments):
    try:
        paths = [path for name in arguments for path in find_chapter(name)]
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    problems = []
    for path, rule in [(notebook, rule) for notebook in paths for rule in rules_for(notebook)]:
        found = LINTS[rule](Chapter(path))
        problems += [f"{path.name}: {rule}: {problem}" for problem in found[:MOST_SAID]]
        problems += [f"{path.name}: {rule}: … and {len(found) - MOST_SAID} more"] if len(found) > MOST_SAID else []
    print("\n".join(problems) or f"{', '.join(path.name for path in paths)}: every rule is kept")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
