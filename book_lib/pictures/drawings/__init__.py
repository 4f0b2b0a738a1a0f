"""Architecture drawings, one file each; drawing.py has their vocabulary and their list."""
