from book_lib.book.chapters import chapters, page_of, written


def data(state):
    """The chapters of the book; page is None for one that is not written."""
    number = {chapter.slug: chapter.number for chapter in chapters()}
    there = written()
    return [
        {
            "number": chapter.number, "title": chapter.title, "question": chapter.question,
            "needs": [number[slug] for slug in chapter.needs], "minutes": chapter.minutes,
            "written": chapter.file in there, "page": page_of(chapter.slug),
        }
        for chapter in chapters()
    ]
