"""What a chapter's two pages share: the switch from lesson to lab, times, the way to the next lesson, numbers by chapter.

All of it follows from _toc.yml and from the notebooks' metadata.
"""

import html
import re

from sphinx.util import logging

from book_lib.book.chapters import FOLDER, LAB, chapters, metadata

LESSON, LAB_WORD, CHAPTER = "Lesson", "Lab", "Chapter"
logger = logging.getLogger(__name__)


def setup(app):
    app.connect("builder-inited", read_chapters)
    app.connect("env-get-updated", plain_numbers, priority=100)
    app.connect("env-get-updated", chapter_numbers, priority=900)
    app.connect("html-page-context", head_of_chapter, priority=800)


def read_chapters(app):
    try:
        app.book_chapters = chapters(app.srcdir)
    except ValueError as error:
        app.book_chapters = ()
        logger.warning("%s", error, type="book", subtype="chapters")


def chapter_of(app, page):
    """The chapter that a page is lesson or lab of, None for any other page."""
    file = page.removeprefix(FOLDER)
    return next((chapter for chapter in app.book_chapters if page.startswith(FOLDER) and file in (chapter.file, chapter.lab)), None)


def plain_numbers(app, env):
    """Give Sphinx back the numbers it had assigned, so that it finds out which have changed."""
    env.toc_fignumbers = getattr(env, "book_plain_numbers", env.toc_fignumbers)
    return []


def chapter_numbers(app, env):
    """Count equations and exercises from 1 in each chapter: (2.1), in its lab (L2.1), Exercise 2.1."""
    env.book_plain_numbers, env.toc_fignumbers = env.toc_fignumbers, {page: dict(kinds) for page, kinds in env.toc_fignumbers.items()}
    for chapter in app.book_chapters:
        exercises = 0
        for file in filter(None, (chapter.file, chapter.lab)):
            kinds = env.toc_fignumbers.get(f"{FOLDER}{file}", {})
            first = f"L{chapter.number}" if file == chapter.lab else chapter.number
            kinds["displaymath"] = {name: (first, place) for place, name in enumerate(kinds.get("displaymath", {}), start=1)}
            kinds["exercise"] = {name: (chapter.number, place) for place, name in enumerate(kinds.get("exercise", {}), start=exercises + 1)}
            exercises += len(kinds["exercise"])
    return []


def head_of_chapter(app, pagename, templatename, context, doctree):
    """Above the title: chapter, switch, times; below the page: the way from lesson to lesson."""
    turn_past_labs(app, pagename, context)
    chapter = chapter_of(app, pagename)
    if chapter is None or "body" not in context:
        return
    is_lab = pagename.endswith(LAB)
    parts = [f'<p class="bk-eyebrow">{CHAPTER} {chapter.number}</p>']
    if chapter.lab:
        other = chapter.file if is_lab else chapter.lab
        link = f'<a href="{html.escape(app.builder.get_relative_uri(pagename, FOLDER + other))}">{LESSON if is_lab else LAB_WORD}</a>'
        here = f'<span aria-current="page">{LAB_WORD if is_lab else LESSON}</span>'
        parts.append(f'<nav class="bk-switch" aria-label="{LESSON}, {LAB_WORD}">{f"{link} {here}" if is_lab else f"{here} {link}"}</nav>')
    if chapter.lab or metadata(f"{app.srcdir}/{pagename}.ipynb").get("form"):
        parts.append(f'<p class="bk-times">{times(app, pagename)}</p>')
    title = f"{LAB_WORD}: {html.escape(chapter.title)}" if is_lab else ""     # the number stays in the side bar
    head = f'<div class="bk-head">{"".join(parts)}</div>\n<h1>{title}'
    context["body"] = re.sub(r"<h1>(?:\d+ · |Lab \d+ · [^<]*)?", lambda found: head, context["body"], count=1)


def times(app, pagename):
    stated = metadata(f"{app.srcdir}/{pagename}.ipynb")
    said = [(stated.get("minutes_to_read"), "{} min to read"), (stated.get("seconds_to_run"), "runs in {} s")]
    return " · ".join(words.format(number) for number, words in said if number)


def turn_past_labs(app, pagename, context):
    """Previous and next lead from lesson to lesson; a lab comes after its own lesson."""
    relations, lessons, page = app.builder.relations, [app.config.root_doc], app.config.root_doc
    while page := relations.get(page, (None, None, None))[2]:
        lessons += [] if page.endswith(LAB) and page.startswith(FOLDER) else [page]
    is_lab = pagename.startswith(FOLDER) and pagename.endswith(LAB)
    own = pagename.removesuffix(LAB) if is_lab else pagename
    if own not in lessons:
        return
    place = lessons.index(own)
    before = own if is_lab else lessons[place - 1] if place else None
    after = lessons[place + 1] if place + 1 < len(lessons) else None
    for side, page in (("prev", before), ("next", after)):
        context[side] = page and {"link": app.builder.get_relative_uri(pagename, page), "title": html.escape(app.env.titles[page].astext())}
