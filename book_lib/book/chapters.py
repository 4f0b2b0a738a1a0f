"""The chapters of the book, written and planned: what each asks and which others it builds on. The one place where that stands."""

from dataclasses import dataclass
from pathlib import Path

from book_lib.book.files import own, read_yaml


@dataclass(frozen=True)
class Chapter:
    """One chapter. file: in chapters/, without ending; slug: as in claims.yml; title: as on its page and the cover; question: as in its
    opening; needs: slugs of the chapters it builds on at once; minutes: to read it, None while it is not written."""

    file: str
    slug: str
    title: str
    question: str
    needs: tuple[str, ...] = ()
    minutes: int | None = None

    @property
    def number(self) -> int:
        return int(self.file[:2])


PATH = (
    Chapter("01_history", "history", "From translation to vision",
            "Which step made the next one possible, and what was paid for it?", minutes=35),
    Chapter("02_self_attention", "self_attention", "Self-attention",
            "How can every word of a sentence use every other word, in one step, and what does that cost?", minutes=50),
    Chapter("03_multi_head_attention", "multi_head", "Multi-head attention",
            "What do several small attentions learn that one large attention seldom does, and do they really divide the work among "
            "themselves?",
            ("self_attention",), 45),
    Chapter("04_positional_encoding", "positional", "Positions",
            "How does a layer that treats its tokens as a set learn where each of them stands?", ("self_attention",), 45),
    Chapter("05_transformer", "transformer", "The Transformer",
            "How do attention, positions and a few simple parts become a machine that translates, and what does each part do for it?",
            ("multi_head", "positional"), 70),
    Chapter("06_compression", "compression", "Smaller models",
            "What can be taken away from a trained model, and at what price?", ("transformer",)),
    Chapter("07_igpt", "igpt", "Pixels as words",
            "What does a model learn about pictures that only ever continues them?", ("transformer",)),
    Chapter("08_vit", "vit", "The Vision Transformer", "Can a picture be read as a sentence of patches, and how much data does that take?",
            ("transformer",)),
    Chapter("09_detr", "detr", "DETR",
            "How can a network be trained to return a set, with no anchors before it and no suppression of duplicates after it?",
            ("transformer",), 80),
    Chapter("10_assignment", "assignment", "Who learns from which box?", "Which prediction learns from which true box, and who decides it?",
            ("detr",)),
    Chapter("11_deformable", "deformable", "Looking at few places", "Which few places of a picture must a query look at?", ("detr",)),
    Chapter("12_lanes", "lanes", "Lanes as curves", "How does a Transformer find things that are not boxes?", ("detr",)),
)


def written(toc=None) -> frozenset[str]:
    """The files (without ending) of those chapters that _toc.yml names, the book's own unless toc says otherwise."""
    named = set(_files(read_yaml(Path(toc) if toc else own("_toc.yml"))))
    return frozenset(chapter.file for chapter in PATH if f"chapters/{chapter.file}" in named)


def page_of(slug: str | None) -> str | None:
    """Where the site has a chapter, as seen from another chapter; None for one that is not written."""
    found = next((chapter.file for chapter in PATH if chapter.slug == slug), None)
    return f"../chapters/{found}.html" if found in written() else None


def _files(node):
    if isinstance(node, list):
        return [name for child in node for name in _files(child)]
    if not isinstance(node, dict):
        return []
    here = [node["file"].removesuffix(".ipynb")] if "file" in node else []
    return here + [name for child in node.values() for name in _files(child)]
