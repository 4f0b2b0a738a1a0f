"""Each rule is content with a good chapter, lesson or lab, and objects, in its own words, when the thing it guards is taken away."""

import re

import nbformat
import pytest
from sample_book import ALT, make_book, make_pair

import run_chapter
from chapter_lints import LINTS, Chapter, rules_for

PIXEL = "iVBORw0KGgo="
SHOWN = '<figure class="bk-fig" data-figure="book_map" data-state="{}"></figure>'


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    return make_book(tmp_path_factory.mktemp("book"))


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return make_pair(tmp_path_factory.mktemp("pair"))


def test_good_notebooks_keep_every_rule_of_their_form(good, pair):
    for path in (good, *pair):
        assert {rule: LINTS[rule](Chapter(path, path.parents[1])) for rule in rules_for(path)} == dict.fromkeys(rules_for(path), [])
    assert {rule for path in (good, *pair) for rule in rules_for(path)} == set(LINTS)


def replace(old, new, count=0):
    """A change to the source of every cell that holds old."""

    def change(notebook):
        hit = [cell for cell in notebook.cells if re.search(old, cell.source, re.MULTILINE)]
        assert hit, f"nothing to replace: {old}"
        for cell in hit:
            cell.source = re.sub(old, new, cell.source, count=count, flags=re.MULTILINE)

    return change


def replace_output(old, new):
    """A change to the stored text and HTML of every output that holds old."""

    def change(notebook):
        before = nbformat.writes(notebook)
        for cell in notebook.cells:
            for output in cell.get("outputs", []):
                for place, kind in ((output, "text"), (output.get("data", {}), "text/html"), (output.get("data", {}), "text/plain")):
                    if kind in place:
                        place[kind] = re.sub(old, new, place[kind], flags=re.DOTALL)
        assert nbformat.writes(notebook) != before, f"nothing to replace: {old}"

    return change


def drop(pattern):
    """Take away every cell that holds pattern."""

    def change(notebook):
        kept = [cell for cell in notebook.cells if not re.search(pattern, cell.source)]
        assert len(kept) < len(notebook.cells), f"nothing to drop: {pattern}"
        notebook.cells = kept

    return change


def add(source, **about):
    """One more code cell, before the last cell; tags and stored outputs as given."""

    cell_metadata = {"tags": about.get("tags", []), **about.get("metadata", {})}
    cell = nbformat.v4.new_code_cell(source, outputs=about.get("outputs", []), metadata=cell_metadata, execution_count=99)
    return lambda notebook: notebook.cells.insert(-1, nbformat.from_dict(cell))


def add_text(source):
    return lambda notebook: notebook.cells.insert(3, nbformat.v4.new_markdown_cell(source))


def move_to_end(pattern):
    def change(notebook):
        notebook.cells.sort(key=lambda cell: bool(re.search(pattern, cell.source)))

    return change


def metadata(**book):
    return lambda notebook: notebook.metadata.book.update(book)


def cell_metadata(pattern, value):
    def change(notebook):
        hit = [cell for cell in notebook.cells if re.search(pattern, cell.source)]
        assert hit, f"no cell to mark: {pattern}"
        for cell in hit:
            cell.metadata = nbformat.from_dict(value)

    return change


def unfinished(notebook):
    notebook.cells[-3].outputs, notebook.cells[-3].execution_count = [], None
    next(cell for cell in notebook.cells if cell.cell_type == "code" and "1 + 1" in cell.source).execution_count = None


def stored_twice(notebook):
    again = nbformat.from_dict(next(cell for cell in notebook.cells if 'verdict("C14"' in cell.source))
    again.id = "again"
    notebook.cells.insert(-1, again)


def picture(count=1):
    return [nbformat.v4.new_output("display_data", data={"image/png": PIXEL}) for _ in range(count)]


def html(text):
    return [nbformat.v4.new_output("display_data", data={"text/html": text})]


error = [nbformat.v4.new_output("error", ename="ValueError", evalue="no", traceback=[])]
long_plot = "\n".join(["import matplotlib.pyplot as plt", *[f"plt.plot({n})" for n in range(12)]])

BAD = [
    ("opening", "no opening", replace("bk-opening", "note")),
    ("opening", "first three cells", move_to_end("bk-opening")),
    ("opening", "lists 2 things", replace("^- choose a mask$", "")),
    ("opening", "needs first", replace("You need to know", "You know")),
    ("opening", "asks no question", replace(r"whom\?", "whom.")),
    ("opening", "minutes_to_read", metadata(minutes_to_read=45)),
    ("opening", "seconds_to_run", metadata(seconds_to_run=None)),
    ("first_screen", "nothing to see", lambda notebook: [add_text("Words.")(notebook) for _ in range(9)]),
    ("interactive_figures", "1 interactive figures", drop("who_sees_whom")),
    ("interactive_figures", "1 interactive figures", replace_output("who_sees_whom", "attention_by_hand")),
    ("source_shown", "never called", drop(r"show_source\(")),
    ("proof", "no proof", drop("largest error")),
    ("proof", "no proof", replace_output("largest error [^ ]*", "equal")),
    ("proof", "asserts nothing", replace("^assert error.*$", "")),
    ("proof", "no equality", replace_output("largest error [^ \n]*", "largest error 0.2")),
    ("proof", "not gradients", lambda notebook: (replace(" and gradients", "")(notebook), replace_output(" and gradients", "")(notebook))),
    ("misconception", "no misconception box", drop("bk-misconception")),
    ("misconception", "see for yourself", replace("See for yourself", "Look")),
    ("exercises", "4 exercises", drop("exercise} Number 5")),
    ("exercises", "begin with ex-02-", replace("ex-02-3", "ex-3")),
    ("exercises", "has no solution", replace("solution-start} ex-02-4", "solution-start} ex-02-9")),
    ("exercises", "not folded", replace(":class: dropdown", ":hidden:")),
    ("exercises", "no code that ran", drop(r"print\(2 \+ 2\)")),
    ("exercises", "no code that ran", unfinished),
    ("quiz", "no self-check quiz", drop('"quiz"')),
    ("quiz", "no self-check quiz", replace_output('data-figure="quiz"', 'data-figure="other"')),
    ("closing", "no closing", drop("bk-closing")),
    ("closing", "4 things", replace(r"^5\. five$", "")),
    ("closing", "no citation", replace(r"\{cite:t\}`vaswani2017`", "a book")),
    ("citations", "nothing is cited", replace(r"\{cite:t\}`vaswani2017`", "a book")),
    ("citations", "not in references.bib", replace("vaswani2017", "vaswani2018")),
    ("claims", "C14 is not answered", drop('verdict."C14"')),
    ("claims", "answered 2 times", stored_twice),
    ("claims", "not one of this chapter's", replace_output('data-claim="C01"', 'data-claim="C75"')),
    ("claims", "claims.yml has 'right'", replace_output('data-verdict="right"', 'data-verdict="wrong"')),
    ("claims", "no measured number", replace_output("45 by counting", "many")),
    ("claims", "written down, not computed", replace("total == 45", "True")),
    ("claims", "written down, not computed", replace("total == 45", "1 + 1 == 2")),
    ("questions", "no place carries the label", replace(r"^\(q-self-attention-1\)=$", "")),
    ("questions", "stands twice", add_text("(q-self-attention-1)=\nAgain.")),
    ("questions", "no question of this chapter", add_text("(q-vit-1)=\nElsewhere.")),
    ("alt_texts", "no alt text", cell_metadata("b64decode", {})),
    ("alt_texts", "no alt text", cell_metadata("b64decode", {"mystnb": {"image": {"alt": "0123456789abcdef.png"}}})),
    ("alt_texts", "share one alt text", add("pictures()", outputs=picture(2), metadata=ALT)),
    ("numbering", "1 pictures, but 2 captions", add_text("**Figure 2.2.** Nothing.")),
    ("alt_texts", "<img> made by", add("HTML(page)", outputs=html('<img src="data:,">'))),
    ("alt_texts", "figure.svg has no alt text", add_text("![](figure.svg)")),
    ("alt_texts", "no :alt:", add_text("```{figure} figure.svg\n:width: 50%\nA caption.\n```")),
    ("short_cells", "has 30 lines", add("\n".join(f"x{n} = {n}" for n in range(30)))),
    ("short_cells", "fold it", add(long_plot)),
    ("no_models", "define it in book_lib", add("class Net(torch.nn.Module):\n    pass")),
    ("compared_outputs", "not followed by an assertion", cell_metadata("took", {"tags": ["nbval-ignore-output"]})),
    ("compared_outputs", "one in ten", cell_metadata(r"^print\(", {"tags": ["nbval-ignore-output"]})),
    ("compared_outputs", "one in ten", replace(r"^print\((\d)", r"# NBVAL_IGNORE_OUTPUT\nprint(\1")),
    ("compared_outputs", "kept from the comparison", cell_metadata("took", {"tags": ["nbval-skip"]})),
    ("compared_outputs", "kept from the comparison", add("# NBVAL_SKIP\n1 / 0")),
    ("compared_outputs", "kept from the comparison", add("1 / 0", tags=["raises-exception"])),
    ("setup", "0 set-up cells", drop("Set-up:")),
    ("setup", "not the one for", replace("find_spec", "find_loader")),
    ("setup", "hide-cell", cell_metadata("Set-up:", {})),
    ("setup", "installs", add("%pip install torch")),
    ("setup", "installs", add("!apt-get install cowsay")),
    ("setup", "installs", add('import subprocess\nsubprocess.run(["ls"])')),
    ("no_downloads", "downloads", add('page = urlopen("http:" + "//example.org")')),
    ("no_downloads", "downloads", add('weights = "https://example.org/weights"')),
    ("no_downloads", "downloads", add("model = DetrModel.from_pretrained(name)")),
    ("no_downloads", "absolute path", add('open("/data/scene.npy")')),
    ("no_downloads", "absolute path", add(r'open("C:\\data\\scene.npy")')),
    ("no_downloads", "path of one machine", add("print(folder)", outputs=[nbformat.v4.new_output("stream", text="in /home/me/book\n")])),
    ("normalised", "not normalised: execution_count", add("1")),
    ("normalised", "metadata", lambda notebook: notebook.metadata.update(widgets={"state": {}})),
    ("normalised", "outputs", add("x", outputs=[nbformat.v4.new_output("stream", name="stderr", text="warning")])),
    ("normalised", "not normalised: metadata", cell_metadata("took", {"execution": {"iopub.execute_input": "2026"}})),
    ("normalised", "id", replace("sum\\(range\\(10\\)\\)", "sum(range(11))")),
    ("executed", "in order", unfinished),
    ("executed", "stores an error", add("1 / 0", outputs=error)),
    ("numbering", "numbered 2.2, expected 2.1", replace("Figure 2.1", "Figure 2.2")),
    ("numbering", "numbered 3.1, expected 2.1", replace("Figure 2.1", "Figure 3.1")),
    ("numbering", "1 pictures, but 0 captions", replace(r"\*\*Figure 2.1.\*\*", "A picture.")),
    ("numbering", "captions “Table”", add_text("**Table 2.2.** Numbers.")),
    ("numbering", "captions “Interactive”", add("figure(1)", outputs=html(SHOWN.format("{&quot;number&quot;:&quot;2.3&quot;}")))),
    ("no_rounding_errors", "2e-16: print the bound", replace_output("below 1e-12", "2e-16")),
    ("no_rounding_errors", "0e+00: print the bound", replace_output("below 1e-12", "0e+00")),
    ("no_rounding_errors", "-0.00: print the bound", replace_output("below 1e-12", "[-0.00, 0.50]")),
    ("no_rounding_errors", "1e-11: print the bound", replace_output("below 1e-12", "below 1e-11")),
    ("glossary", "{term}", replace(r"\{term\}`query`", "query")),
]


@pytest.mark.parametrize("rule, complaint, change", BAD, ids=[f"{rule}-{complaint[:24]}" for rule, complaint, _ in BAD])
def test_bad_chapter(good, tmp_path, rule, complaint, change):
    notebook = nbformat.read(good, as_version=4)
    change(notebook)
    path = tmp_path / good.name
    run_chapter.write(notebook, path)
    problems = LINTS[rule](Chapter(path, good.parents[1]))
    assert any(complaint in problem for problem in problems), problems


WORDS = "One more word. " * 900
PRINTED = [nbformat.v4.new_output("stream", text="True False\n")]
LONG_PRINT = [nbformat.v4.new_output("stream", text="line\n" * 6)]

BAD_LESSON = [
    ("facts", "metadata.book.summary is missing", metadata(summary=None)),
    ("facts", "metadata.book.needs is missing", metadata(needs=None)),
    ("facts", "seconds_to_run", metadata(seconds_to_run="4")),
    ("facts", "the metadata say '# 3 · Other'", metadata(title="Other")),
    ("facts", "does not ask the question", replace(r"whom\*\?", "him*?")),
    ("aims", "no opening", replace("bk-opening", "note")),
    ("aims", "You need", replace(r"\*\*You need\*\*", "Read")),
    ("aims", "one line", replace(r"^\*\*You will\*\*", "- **You will**")),
    ("picture_first", "no picture", drop("who_sees_whom|attention_by_hand|b64decode")),
    ("few_figures", "1 interactive figures", drop("who_sees_whom")),
    ("few_figures", "5 interactive figures", lambda notebook: [
        add("figure(1)", outputs=html(SHOWN.format("{}")))(notebook) for _ in range(3)]),
    ("words", "words, quiz included", add_text(WORDS)),
    ("little_code", "visible blocks of code", lambda notebook: [add(f"x = {n}")(notebook) for n in range(10)]),
    ("no_logs", "prints a log", add("print(equal)", outputs=PRINTED)),
    ("no_logs", "prints a log", add("print(lines)", outputs=LONG_PRINT)),
    ("proofs_elsewhere", "C14 belongs in the lab", add("verdict()", outputs=html('<div class="bk-verdict" data-claim="C14"></div>'))),
    ("proofs_elsewhere", "exercises belong", add_text("```{exercise} One\n:label: ex-03-1\nDo.\n```")),
    ("marks", "claim C11 has no mark", replace(r"\{claim\}`C11`", "so")),
    ("marks", "C75 is no claim", replace(r"\{claim\}`C11`", "{claim}`C11, C75`")),
    ("since_then", "no section", replace("## Since then", "## Later")),
    ("since_then", "cites 2 works", replace(r"grouped \{cite\}`vaswani2017`", "grouped")),
    ("remember", "no closing", drop("bk-closing")),
    ("remember", "4 things", replace(r"^5\. five$", "")),
    ("ways_to_questions", "no list", replace(r"\{chapter-questions\}", "{note}")),
    ("numbering", "numbered 3.2, expected 3.1", replace("Figure 3.1", "Figure 3.2")),
    ("misconception", "no misconception box", drop("bk-misconception")),
    ("quiz", "no self-check quiz", drop('"quiz"')),
]
BAD_LAB = [
    ("lab_facts", "belongs to the lesson alone", metadata(title="Several questions")),
    ("lab_facts", "seconds_to_run", metadata(seconds_to_run=None)),
    ("lab_facts", "expected '# Lab 3 · Several questions'", replace("^# Lab 3 · .*$", "# Lab")),
    ("claims", "C11 is not answered", drop('verdict."C11"')),
    ("questions", "no place carries the label (q-multi-head-2)=", replace(r"^\(q-multi-head-2\)=$", "")),
    ("questions", "the label q-multi-head-1 stands twice", add_text("(q-multi-head-1)=\nAgain.")),
    ("exercises", "no exercise of level 3", replace("level-3", "level-2")),
    ("exercises", "4 exercises", drop("exercise} Number 5")),
    ("proof", "no proof", drop("largest error")),
    ("further_reading", "no section", replace("## Further reading", "## More")),
    ("further_reading", "with citations", replace(r"\{cite:t\}`vaswani2017`", "a book")),
    ("ways_to_questions", "no list", replace(r"\{chapter-questions\}", "{note}")),
    ("numbering", "numbered 3.1, expected L3.1", replace("Figure L3.1", "Figure 3.1")),
]


@pytest.mark.parametrize("place, rule, complaint, change", [
    *[(0, *case) for case in BAD_LESSON], *[(1, *case) for case in BAD_LAB]], ids=lambda value: str(value)[:24])
def test_bad_lesson_or_lab(pair, tmp_path, place, rule, complaint, change):
    assert rule in rules_for(pair[place])
    paths = [tmp_path / path.name for path in pair]
    for path, copy in zip(pair, paths, strict=True):
        copy.write_bytes(path.read_bytes())
    notebook = nbformat.read(pair[place], as_version=4)
    change(notebook)
    run_chapter.write(notebook, paths[place])
    problems = LINTS[rule](Chapter(paths[place], pair[place].parents[1]))
    assert any(complaint in problem for problem in problems), problems


def test_a_lesson_without_its_lab_and_a_lab_without_its_lesson(pair, tmp_path):
    for path, rule, complaint in ((pair[0], "marks", "there is no lab"), (pair[1], "lab_facts", "there is no lesson")):
        alone = tmp_path / path.name
        alone.write_bytes(path.read_bytes())
        assert any(complaint in problem for problem in LINTS[rule](Chapter(alone, path.parents[1])))
        alone.unlink()


def test_a_drawing_brings_its_own_words(good, tmp_path):
    notebook = nbformat.read(good, as_version=4)
    stored = '<svg data-drawing="attention_layer" data-lit="all" data-size="large"></svg>'
    add("Drawing()", outputs=[nbformat.v4.new_output("display_data", data={"image/svg+xml": stored})])(notebook)
    run_chapter.write(notebook, tmp_path / good.name)
    assert LINTS["alt_texts"](Chapter(tmp_path / good.name, good.parents[1])) == []


def test_every_rule_has_a_bad_chapter():
    assert {rule for rule, *_ in BAD + BAD_LESSON + BAD_LAB} == set(LINTS)
