from book_lib.book.chapters import chapters, page_of
from book_lib.book.history import works


def data(state):
    """The works of history.yml, every number as text; a chapter is named as the cover names it."""
    names = {chapter.slug: f"{chapter.number}, {chapter.title}" for chapter in chapters()}
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
