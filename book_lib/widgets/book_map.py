"""Interactive figure: a map of the book, which chapter builds on which, and the way to the one a reader wants."""

from html import escape

from book_lib.book.chapters import PATH, page_of, written
from book_lib.widgets.base import Checked, InteractiveFigure, fill, is_whole, labels, module_source, wrong_trait

TALL, GAP, SIDE = 58, 14, 34                                                 # px: height of a box, room below it, room between columns


def packed_chapters() -> list[dict]:
    """The chapters of the book as the figure takes them; page is None for one that is not written."""
    number = {chapter.slug: chapter.number for chapter in PATH}
    there = written()
    return [
        {
            "number": chapter.number, "title": chapter.title, "question": chapter.question,
            "needs": [number[slug] for slug in chapter.needs], "minutes": chapter.minutes,
            "written": chapter.file in there, "page": page_of(chapter.slug),
        }
        for chapter in PATH
    ]


def are_chapters(rows) -> bool:
    before = set()
    for row in rows:
        words = all(isinstance(row[name], str) and row[name] for name in ("title", "question"))
        if not (is_whole(row["number"], 1, 99) and words and set(row["needs"]) <= before):
            return False
        before.add(row["number"])
    return bool(rows)


class BookMap(InteractiveFigure):
    """The chapters as boxes, an arrow from each to those that build on it, and the card of the chosen one.

    chosen: the number of a chapter; only: show nothing but the way to it. chapters: data, those of book_lib/book/chapters.py unless given.
    Raises ValueError for wrong traits.
    """

    name = "book_map"
    height = (960, 1720)
    _esm = module_source(name)

    chapters = Checked([], are_chapters, "the chapters of the book, as packed_chapters() gives them")
    chosen = Checked(5, lambda number: is_whole(number, 1, 99), "the number of a chapter")
    only = Checked(False, lambda on: isinstance(on, bool), "true or false")

    def __init__(self, **traits):
        super().__init__(**{"chapters": packed_chapters()} | traits)

    def require_agreement(self) -> None:
        if self.chosen not in {chapter["number"] for chapter in self.chapters}:
            raise wrong_trait(self, "chosen", self.chosen, "the number of a chapter")

    def chapter(self, number: int) -> dict:
        return next(chapter for chapter in self.chapters if chapter["number"] == number)

    def needed(self, number: int) -> list[int]:
        """Numbers of all chapters that one needs, directly or not."""
        found, left = set(), [number]
        while left:
            new = set(self.chapter(left.pop())["needs"]) - found
            found |= new
            left += new
        return sorted(found)

    def needing(self, number: int) -> list[int]:
        """Numbers of all chapters that need this one, directly or not."""
        return [chapter["number"] for chapter in self.chapters if number in self.needed(chapter["number"])]

    def depth(self, number: int) -> int:
        """How many chapters must be read one after the other before this one."""
        return max((self.depth(other) for other in self.chapter(number)["needs"]), default=-1) + 1

    def sentence(self) -> str:
        words, needs, after = labels(self.name), self.needed(self.chosen), self.needing(self.chosen)

        def many(numbers, kind):
            ending = "Many" if len(numbers) > 1 else "One" if numbers else "None"
            return fill(words[kind + ending], list=", ".join(map(str, numbers)))

        if not self.only:
            return fill(words["readout"], number=self.chosen, needs=many(needs, "needs"), needed=many(after, "needed"))
        way = [*needs, self.chosen]
        minutes = [self.chapter(number)["minutes"] for number in way]
        rest = [str(chapter["number"]) for chapter in self.chapters if chapter["number"] not in way]
        return fill(
            words["wayMinutes" if all(minutes) else "way"], number=self.chosen, list=", ".join(map(str, way)),
            minutes=sum(minutes) if all(minutes) else "", rest=", ".join(rest) or words["none"],
        )

    def placed(self, width: float) -> list[dict]:
        """Where the boxes stand on a wide page: columns by depth. [{number, x, y, w}]."""
        columns = {}
        for chapter in self.chapters:
            columns.setdefault(self.depth(chapter["number"]), []).append(chapter["number"])
        high = max(map(len, columns.values())) * (TALL + GAP) - GAP
        w = (width - SIDE * (len(columns) - 1)) / len(columns)
        return [
            {"number": number, "x": i * (w + SIDE), "y": (high - len(column) * (TALL + GAP) + GAP) / 2 + j * (TALL + GAP), "w": w}
            for i, column in sorted(columns.items()) for j, number in enumerate(column)
        ]

    def picture(self) -> str:
        wide, needs, after = 700, set(self.needed(self.chosen)), set(self.needing(self.chosen))
        boxes = {box["number"]: box for box in self.placed(wide)}
        high = max(box["y"] for box in boxes.values()) + TALL
        drawn = []
        for chapter in self.chapters:
            for other in chapter["needs"]:
                a, b = boxes[other], boxes[chapter["number"]]
                x, y, u, v = a["x"] + a["w"], a["y"] + TALL / 2, b["x"], b["y"] + TALL / 2
                on = " bk-map-on" if {other, chapter["number"]} <= needs | {self.chosen} else ""
                line = f"M{x:.1f} {y:.1f}C{x + 18:.1f} {y:.1f} {u - 18:.1f} {v:.1f} {u:.1f} {v:.1f}"
                tip = f"M{u - 6:.1f} {v - 4:.1f}L{u:.1f} {v:.1f}L{u - 6:.1f} {v + 4:.1f}"
                drawn.append(f'<path class="bk-map-link{on}" d="{line}{tip}"/>')
        for chapter in self.chapters:
            number, box = chapter["number"], boxes[chapter["number"]]
            kind = "chosen" if number == self.chosen else "need" if number in needs else "plain"
            kind = "after" if number in after and not self.only else kind
            later = "" if chapter["written"] else " bk-map-later"
            lines = broken(f"{number} {chapter['title']}", 14)
            top = box["y"] + TALL / 2 + 5 - 8.5 * (len(lines) - 1)
            text = "".join(f'<text x="{box["x"] + 8:.1f}" y="{top + 17 * i:.1f}">{escape(line)}</text>' for i, line in enumerate(lines))
            frame = f'<rect x="{box["x"]:.1f}" y="{box["y"]:.1f}" width="{box["w"]:.1f}" height="{TALL}" rx="6"/>'
            drawn.append(f'<g class="bk-map-drawn bk-map-{kind}{later}">{frame}{text}</g>')
        said = escape(labels(self.name)["title"])
        return f'<svg viewBox="0 0 {wide} {high:.0f}" role="img" aria-label="{said}">{"".join(drawn)}</svg>'


def broken(text: str, letters: int) -> list[str]:
    """A text in lines of at most so many letters, where its words allow it."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > letters:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
