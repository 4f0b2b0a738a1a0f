"""Matplotlib figures of the book: one style, one file of plot functions for each chapter."""

from book_lib.pictures.style import use_book_style

__all__ = ["use_book_style"]
