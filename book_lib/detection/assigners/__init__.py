"""Label assignment: which prior of a dense detector learns from which object. One file for each method, one interface for all.

A function takes the target of one picture ({"labels" [n], "boxes" [n, 4] as shares}), the Priors of the detector, and its predictions where
the method looks at them. It returns an Assignment. What a target may hold is the same for all: assignment.py checks it.
"""
