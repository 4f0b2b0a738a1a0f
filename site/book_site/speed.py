"""What makes a page show early: its style in the page itself, cut to the rules it uses; the column of contents kept free.

Runs on the finished files. A page remembers which style sheets its style was made of, so that a later build makes it anew from them.
"""

import functools
import html
import json
import os
import re
from pathlib import Path

LINK = re.compile(r'[ \t]*<link\b(?=[^>]*\brel="stylesheet")[^>]*\bhref="([^"]+)"[^>]*>\n?')
STYLE = re.compile(r'<style data-sheets="([^"]*)">.*?</style>\n?', re.DOTALL)
TOKEN = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|url\(\s*(?!["\'])[^)]*\)|\\.|[{};]|[^/"\'\\{};u]+|.', re.DOTALL)
ADDRESS = re.compile(r'url\(\s*(["\']?)([^"\')]+)\1\s*\)')
IMPORT = re.compile(r'@import\s+(?:url\()?["\']?([^"\')\s;]+)["\']?\)?\s*;')
NAME = re.compile(r"([.#]?)((?:[\w-]|[^\x00-\x7f]|\\.)+)")
STRING = re.compile(r'"[^"\n]*"|\'[^\'\n]*\'|`[^`]*`')
WORD = re.compile(r"[\w-]+")
VALUE = r"""(?:"[^"]*"|'[^']*'|[^;{}"'])*"""
GROUPS = ("@media", "@supports", "@layer", "@container")


def setup(app):
    app.connect("build-finished", finish_pages, priority=900)


def finish_pages(app, error):
    if error or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for name in [*app.env.found_docs, "genindex"]:          # not the search page: a script writes its results
        path = out / f"{name}.html"
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            finished = with_own_style(with_room_for_contents(text), path)
            if finished != text:
                path.write_text(finished, encoding="utf-8")
    parsed.cache_clear()
    words_of.cache_clear()


def with_room_for_contents(text):
    """The list of contents comes after the article; its column is kept free from the start."""
    return text.replace('class="bd-content"', 'class="bd-content bk-with-contents"', 1) if '"bd-sidebar-secondary bd-toc' in text else text


def with_own_style(text, path):
    """The page at path with its style sheets as one style element, where the first of them was linked."""
    links, before = list(LINK.finditer(text)), STYLE.search(text)
    if before:
        sheets, place = json.loads(html.unescape(before[1])), before.span()
    elif links:
        sheets, place = [link[1].split("?")[0] for link in links], links[0].span()
    else:
        return text
    rest = text[:place[0]] + text[place[1]:] if before else LINK.sub("", text)
    files = [(path.parent / sheet).resolve() for sheet in sheets]
    style = style_of(files, words_of_page(rest, path.parent), path.parent)
    note = html.escape(json.dumps(sheets, separators=(",", ":")))
    return f'{text[:place[0]]}<style data-sheets="{note}">{style}</style>\n{rest[place[0]:]}'


def words_of_page(text, folder):
    """Every word that can become a class, an id or an element of the page: of its markup, its scripts and the figures these fetch."""
    names = re.findall(r'<script\b[^>]*\bsrc="([^"?]+)', text)
    names += [f"{folder_of_figures}/{name}.js" for name in set(re.findall(r'data-figure="([\w-]+)"', text))
              for folder_of_figures in {src.rpartition("/")[0] for src in names if src.endswith("/mount.js")}]
    markup = {word for values in re.findall(r'\s(?:class|id)="([^"]*)"', text) for word in values.split()}
    inline = " ".join(re.findall(r"<script\b[^>]*>([^<]+)</script>", text))
    scripts = [(folder / name).resolve() for name in names]
    return markup.union(re.findall(r"<([a-zA-Z][\w-]*)", text), words_in_strings(inline), *map(words_of, filter(Path.is_file, scripts)))


@functools.cache
def words_of(script):
    return words_in_strings(script.read_text(encoding="utf-8").replace('\\"', '"').replace("\\n", "\n"))


def words_in_strings(script):
    """The words of a script's strings, but of those that are selectors: these look for what the page has."""
    return {word for text in STRING.findall(script) if text[1:2] not in (".", "#", "[") for word in WORD.findall(text)}


def style_of(files, used, folder):
    """The rules of CSS files in their order, without those for elements that a page cannot have; addresses seen from its folder."""
    kept = [rule for file in files for rule in kept_rules(parsed(file), used, folder)]
    return "\n".join(without_idle_faces(without_idle_variables(kept))).replace("</", "<\\/")


@functools.cache
def parsed(file):
    """The rules of a file and of those it imports: [(prelude, body, folder)], body a list of rules in @media and the like, else a text."""
    text = file.read_text(encoding="utf-8")
    imported = [rule for name in IMPORT.findall(text) for rule in parsed((file.parent / name).resolve())]
    return imported + rules(IMPORT.sub("", text), file.parent)


def rules(text, folder):
    found, prelude, body, depth = [], [], [], 0
    for token in TOKEN.findall(text):
        if token.startswith("/*") and token.endswith("*/"):
            continue
        depth += (token == "{") - (token == "}")
        if token == "{" and depth == 1:
            continue
        if token == "}" and depth == 0:
            head = tight("".join(prelude))
            inside = rules("".join(body), folder) if head.startswith(GROUPS) else tight("".join(body))
            found.append((head, inside, folder))
            prelude, body = [], []
        elif depth:
            body.append(token)
        elif token == ";":
            prelude = []                                    # @charset and the like
        else:
            prelude.append(token)
    return found


def tight(text):
    """A text without line ends and blanks that say nothing; strings as they are."""
    parts = re.split(r'("(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\')', text)
    parts[::2] = [re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", part)) for part in parts[::2]]
    return "".join(parts).strip().removesuffix(";")


def kept_rules(every, used, folder):
    for head, body, home in every:
        if isinstance(body, list):
            inside = "".join(kept_rules(body, used, folder))
            if inside:
                yield f"{head}{{{inside}}}"
        elif head == "@font-face" and "local(" not in body and not any((home / place).is_file() for _, place in ADDRESS.findall(body)):
            continue                                        # the theme's icons, which the book does not bring along
        elif head.startswith("@"):
            yield f"{head}{{{moved(body, home, folder)}}}"
        else:
            wanted = [part for part in selectors(head) if can_match(part, used)]
            if wanted and body:
                yield f"{','.join(wanted)}{{{moved(body, home, folder)}}}"


def moved(body, home, folder):
    """Declarations whose addresses, relative to the folder home, are now relative to another."""
    def address(match):
        if re.match(r"[a-z]+:|#|/", match[2]):
            return match[0]
        return f'url("{os.path.relpath(home / match[2], folder).replace(os.sep, "/")}")'

    return ADDRESS.sub(address, body) if "url(" in body else body


def selectors(head):
    """The selectors of a rule: split at its commas, but not at those within parentheses or brackets."""
    parts, depth = [""], 0
    for sign in head:
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts]


def can_match(selector, used):
    """Whether every class, id and element that a selector names outside of parentheses is among the words used."""
    plain = re.sub(r'"[^"]*"|\'[^\']*\'', "", selector)
    while (less := re.sub(r"\[[^\[\]]*\]|\([^()]*\)", "", plain)) != plain:
        plain = less
    plain = re.sub(r"::?[\w-]+", "", plain)
    names = [(kind, re.sub(r"\\(.)", r"\1", name)) for kind, name in NAME.findall(plain)]
    return all(name in used or not kind and (name == "from" or name[0].isdigit()) for kind, name in names)


def without_idle_variables(kept):
    """Rules without the themes' custom properties that no rule reads; the book's own stay, which figures ask for by name."""
    while True:
        text = "\n".join(kept)
        read = set(re.findall(r"var\(\s*(--[\w-]+)", text))
        idle = {name for name in re.findall(r"[{;](--(?:pst|bs|sbt|sd|fa|mystnb)-[\w-]+):", text) if name not in read}
        if not idle:
            return kept
        names = "|".join(map(re.escape, sorted(idle, key=len, reverse=True)))
        pattern = re.compile(f"(?<=[{{;])(?:{names}):{VALUE}(?:;|(?=\\}}))")
        kept = [rule for rule in (pattern.sub("", rule) for rule in kept) if not rule.endswith("{}")]


def without_idle_faces(kept):
    """Rules without the @font-face of families that no rule names, and without @keyframes that none runs."""
    plain = "\n".join(rule for rule in kept if not rule.startswith(("@font-face", "@keyframes", "@-webkit-keyframes")))

    def runs(rule):
        named = r"@font-face\{.*?font-family:([^;}]+)" if rule.startswith("@font-face") else r"@(?:-webkit-)?keyframes ([\w-]+)"
        found = re.match(named, rule)
        return found is None or found[1].strip("\"' ") in plain

    return [rule for rule in kept if runs(rule)]
