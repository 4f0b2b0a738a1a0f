"""Coursework: build the editions of an assignment, grade a folder of submissions (see appendix/teaching.md)."""
