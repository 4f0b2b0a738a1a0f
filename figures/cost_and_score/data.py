from dataclasses import asdict

from book_lib.book.history import points


def data(state):
    """The points of history.yml."""
    return [{name: value for name, value in asdict(point).items() if name != "work"} for point in points()]
