"""Notebook cells on the page: folded code as one quiet line that says what is inside, pictures as figures with captions, SVG in the page.

A fold says what its cell's metadata say (book.fold), else what the comment in its first line says. It stands under output and caption.
"""

import html
import re
from pathlib import Path

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.transforms.post_transforms import SphinxPostTransform

from book_site.drawings import drawing_in_page

SET_UP, PICTURE_CODE, OTHER_CODE = "set-up", "how this figure was made", "the code"
LONGEST = 60
CAPTION = re.compile(r"Figure L?\d+\.\d+\. ")
ID = re.compile(r'\b(id|href|xlink:href|aria-labelledby|aria-describedby)="(#?)([^"]+)"')
REFERENCE = re.compile(r"url\((['\"]?)#([^)'\"]+)\1\)")


def setup(app):
    app.add_node(HideCodeCellNode, override=True, html=(open_fold, close_fold))
    app.add_node(Fold, html=(open_fold, close_fold), text=(skip, None), latex=(skip, None))
    app.add_node(Picture, html=(writes('<figure class="bk-picture">'), writes("</figure>")))
    app.add_node(Caption, html=(writes("<figcaption>"), writes("</figcaption>")))
    app.add_post_transform(CellsOnThePage)


class Fold(nodes.General, nodes.Element):
    """What is inside is shown on a click; prompt_show: the one line seen before."""


class Picture(nodes.General, nodes.Element):
    """A picture that a cell has drawn."""


class Caption(nodes.General, nodes.Element):
    """The paragraph under a picture that begins with its number."""


def writes(text):
    return lambda writer, node: writer.body.append(text)


def open_fold(writer, node):
    writer.body.append(f'<details class="bk-fold"><summary>{html.escape(node["prompt_show"])}</summary>\n')


def close_fold(writer, node):
    writer.body.append("</details>\n")


def skip(writer, node):
    raise nodes.SkipNode


class CellsOnThePage(SphinxPostTransform):
    """After MyST-NB has chosen outputs and folded code: name the folds, put pictures into figures and folds under them."""

    default_priority = 300
    formats = ("html",)

    def run(self, **options):
        has_drawing = False
        for place, cell in enumerate(list(self.document.findall(is_code_cell))):
            pictures = [image for image in cell.findall(nodes.image) if is_output(image)]
            for number, image in enumerate(image for image in pictures if image["uri"].endswith(".svg")):
                text = (Path(self.env.srcdir) / image["uri"].lstrip("/")).read_text(encoding="utf-8")
                drawn = drawing_in_page(text, self.config.language, style=not has_drawing)
                has_drawing = has_drawing or drawn is not None
                drawn = drawn or svg_in_page(text, f"p{place}-{number}", image.get("alt", ""))
                image.parent.replace(image, nodes.raw("", drawn, format="html"))
            fold = next((child for child in cell.children if isinstance(child, HideCodeCellNode)), None)
            if fold is not None:
                fold["prompt_show"] = what_is_inside(cell, bool(pictures))
            if pictures:
                frame(cell)
            if fold is not None and len(cell) > 1 and "above-input" in fold["classes"]:
                cell.remove(fold)
                cell.append(fold)


def is_code_cell(node):
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def is_output(node):
    while node is not None and node.get("nb_element") != "cell_code":
        if node.get("nb_element") == "cell_code_output":
            return True
        node = node.parent
    return False


def what_is_inside(cell, has_picture):
    stated = cell["cell_metadata"].get("book", {}).get("fold")
    code = next(iter(cell.findall(nodes.literal_block)), None)
    first = code.astext().lstrip().partition("\n")[0] if code is not None else ""
    if stated:
        return stated
    if first.startswith("# Set-up:"):
        return SET_UP
    if first.startswith("# ") and len(first) <= LONGEST:
        return first.removeprefix("# ")
    return PICTURE_CODE if has_picture or any("bk-fig" in raw.astext() for raw in cell.findall(nodes.raw)) else OTHER_CODE


def frame(cell):
    """Put the output of a cell that drew into a figure, with the caption that follows the cell."""
    output = next(child for child in cell.children if child.get("nb_element") == "cell_code_output")
    figure = Picture()
    cell.replace(output, figure)
    figure += output
    after = cell.next_node(descend=False, siblings=True)
    if isinstance(after, nodes.paragraph) and CAPTION.match(after.astext()):
        after.parent.remove(after)
        figure += Caption("", after)


def svg_in_page(text, prefix, alt):
    """An SVG file as an element of the page: named, its ids its own, its style sheet kept to itself."""
    text = text[text.index("<svg"):]
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", text, flags=re.DOTALL)
    names = set(re.findall(r'\bid="([^"]+)"', text))

    def own(match):
        attribute, mark, values = match.groups()
        if attribute.endswith("href") and not mark:
            return match.group()
        return f'{attribute}="{mark}{" ".join(f"{prefix}-{name}" if name in names else name for name in values.split())}"'

    text = REFERENCE.sub(lambda match: f"url(#{prefix}-{match[2]})" if match[2] in names else match.group(), ID.sub(own, text))
    text = re.sub(r"(<style[^>]*>)(.*?)(</style>)", rf"\1#{prefix} {{ \2 }}\3", text, flags=re.DOTALL)
    head, rest = re.match(r"<svg([^>]*)>(.*)", text, re.DOTALL).groups()
    head = re.sub(r'\s(?:id|role|aria-label)="[^"]*"', "", head)
    return f'<svg id="{prefix}" class="bk-svg" role="img" aria-label="{html.escape(alt)}"{head}>{rest}'
