"""Pictures of the book: Matplotlib figures in one style, a file of functions for each chapter, and drawings of architectures."""

from book_lib.pictures.style import use_book_style

__all__ = ["use_book_style"]
