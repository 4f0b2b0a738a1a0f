from book_lib.book.quiz import read_questions


def data(state):
    """The questions of the chapter that the state names."""
    return read_questions(state["chapter"])
