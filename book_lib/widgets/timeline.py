"""Interactive figure: the works from translation to vision on an axis of time, filtered by task, idea and year, with a card for each."""

from html import escape

from book_lib.book.chapters import PATH, page_of
from book_lib.book.history import IDEAS, TASKS, works
from book_lib.widgets.base import Checked, InteractiveFigure, fill, is_whole, labels, module_source, wrong_trait

FIRST, LAST = 2014, 2025
PAD, HEAD, ROW, LETTER = 10, 20, 28, 7.2                                     # px: margin, name of a task, row of dots, width of a letter
TEXTS = ("key", "name", "date", "task", "title", "authors", "venue", "what", "score", "unit", "where", "missing", "price", "opened")


def packed_works() -> list[dict]:
    """The works of history.yml as the figure takes them: every number is text, a chapter is named as the cover names it."""
    names = {chapter.slug: f"{chapter.number}, {chapter.title}" for chapter in PATH}
    return [
        {
            "key": work.key, "name": work.name, "date": work.date, "venue": work.venue, "task": work.task, "ideas": list(work.ideas),
            "title": work.title, "authors": ", ".join(work.authors), "arxiv": work.arxiv, "url": work.url,
            "what": work.headline.what, "score": f"{work.headline.score:g}", "unit": work.headline.unit, "where": work.headline.where,
            "missing": work.missing, "price": work.price, "opened": work.opened,
            "chapter": names.get(work.chapter), "page": page_of(work.chapter),
        }
        for work in works()
    ]


def are_works(rows) -> bool:
    words = all(isinstance(row[name], str) and row[name] for row in rows for name in TEXTS)
    return 1 <= len(rows) <= 60 and words and all(row["task"] in TASKS and set(row["ideas"]) <= set(IDEAS) for row in rows)


def are_years(years) -> bool:
    return len(years) == 2 and all(is_whole(year, FIRST, LAST) for year in years) and years[0] <= years[1]


def time(date: str) -> float:
    """A date in years; one without a day stands in the middle of its month."""
    year, month, *day = map(int, date.split("-"))
    return year + (month - 1 + ((day[0] - 1) / 31 if day else 0.5)) / 12


def dated(date: str) -> str:
    words = labels(Timeline.name)
    year, month, *day = map(int, date.split("-"))
    return fill(words["day" if day else "month"], year=year, month=words["months"][month - 1], day=day[0] if day else "")


class Timeline(InteractiveFigure):
    """Works by date in groups by task, and the card of the chosen one.

    chosen: its key in references.bib; tasks: those shown, none for all; ideas: those a shown work has, all of them; years: first and last.
    works: data, those of history.yml unless given. Raises ValueError for wrong traits.
    """

    name = "timeline"
    height = (1680, 2620)
    _esm = module_source(name)

    works = Checked([], are_works, "the works of history.yml, as packed_works() gives them")
    chosen = Checked("vaswani2017", lambda key: isinstance(key, str), "the key of one of the works")
    tasks = Checked([], lambda names: not isinstance(names, str) and set(names) <= set(TASKS), f"a list out of {', '.join(TASKS)}")
    ideas = Checked([], lambda names: not isinstance(names, str) and set(names) <= set(IDEAS), f"a list out of {', '.join(IDEAS)}")
    years = Checked([FIRST, LAST], are_years, f"two years from {FIRST} to {LAST}, the earlier first")

    def __init__(self, **traits):
        super().__init__(**{"works": packed_works()} | traits)

    def require_agreement(self) -> None:
        if self.chosen not in {work["key"] for work in self.works}:
            raise wrong_trait(self, "chosen", self.chosen, "the key of one of the works")

    def shown(self) -> list[dict]:
        """The works that pass the filters."""
        return [work for work in self.works if (not self.tasks or work["task"] in self.tasks) and set(self.ideas) <= set(work["ideas"])
                and self.years[0] <= int(work["date"][:4]) <= self.years[1]]

    def placed(self, width: float) -> dict:
        """Where dots, names and tasks go on an axis of this width: {dots, lanes, high}."""
        start, end = self.years[0], self.years[1] + 1
        dots, lanes, y = [], [], 0
        for task in TASKS:
            rows, of = [], [work for work in self.shown() if work["task"] == task]
            if not of:
                continue
            lanes.append({"task": task, "y": y + 14})
            y += HEAD
            for work in of:
                x = PAD + (time(work["date"]) - start) / (end - start) * (width - 2 * PAD)
                long = 18 + LETTER * len(work["name"])
                left = x + long > width
                a, b = (x - long, x + 8) if left else (x - 8, x + long)
                row = next((i for i, taken in enumerate(rows) if all(b < c or a > d for c, d in taken)), len(rows))
                if row == len(rows):
                    rows.append([])
                rows[row].append((a, b))
                dots.append({"key": work["key"], "x": x, "y": y + (row + 0.5) * ROW, "left": left})
            y += len(rows) * ROW + 4
        return {"dots": dots, "lanes": lanes, "high": y}

    def sentence(self) -> str:
        words, found = labels(self.name), self.shown()
        if not found:
            return fill(words["readoutNone"], of=len(self.works))
        name = next(work["name"] for work in self.works if work["key"] == self.chosen)
        first, last = found[0], found[-1]
        return fill(
            words["readout" if len(found) > 1 else "readoutOne"], n=len(found), of=len(self.works), first=first["name"],
            firstDate=dated(first["date"]), last=last["name"], lastDate=dated(last["date"]), name=name,
        )

    def picture(self) -> str:
        wide, by_key = 700, {work["key"]: work for work in self.works}
        place, (a, b) = self.placed(wide), self.years
        high, words = place["high"], labels(self.name)

        def at(year):
            return PAD + (year - a) / (b + 1 - a) * (wide - 2 * PAD)

        drawn = [f'<line class="bk-grid" x1="{at(y):.1f}" x2="{at(y):.1f}" y1="0" y2="{high}"/>' for y in range(a, b + 2)]
        drawn += [f'<text class="bk-small" x="{at(y) + 3:.1f}" y="{high + 15}">{y}</text>' for y in range(a, b + 1)]
        drawn += [f'<text class="bk-small bk-time-task" x="0" y="{lane["y"]}">{lane["task"]}</text>' for lane in place["lanes"]]
        for dot in place["dots"]:
            on, x, y, name = dot["key"] == self.chosen, dot["x"], dot["y"], escape(by_key[dot["key"]]["name"])
            side, anchor = (-11, "end") if dot["left"] else (11, "start")
            drawn.append(
                f'<g class="bk-time-dot{" bk-time-on" if on else ""}"><circle cx="{x:.1f}" cy="{y:.1f}" r="{8 if on else 6}"/>'
                f'<text x="{x + side:.1f}" y="{y + 4.5:.1f}" text-anchor="{anchor}">{name}</text></g>'
            )
        work = by_key[self.chosen]
        card = "".join(f"<dt>{escape(words[name])}</dt><dd>{escape(work[name])}</dd>" for name in ("missing", "price", "opened"))
        said = escape(words["title"])
        return (
            f'<svg class="bk-time" viewBox="0 0 {wide} {high + 22}" role="img" aria-label="{said}">{"".join(drawn)}</svg>'
            f'<div class="bk-time-card"><p class="bk-time-name">{escape(work["title"])}</p><p class="bk-why">{escape(work["authors"])}</p>'
            f'<p class="bk-why">{escape(fill(words["byline"], venue=work["venue"], date=dated(work["date"])))}</p>'
            f'<p><strong class="bk-time-score">{escape(fill(words["headline"], **work))}</strong> '
            f'{escape(fill(words["stands"], **work))}</p>'
            f'<dl class="bk-time-say">{card}</dl></div>'
        )
