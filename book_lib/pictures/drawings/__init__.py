"""Architecture drawings, one file each, made of the parts of book_lib/pictures/drawing.py."""
