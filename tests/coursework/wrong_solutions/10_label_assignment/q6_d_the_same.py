"""d: the best anchor is the only one"""

observed = {"a": "fewer", "b": "the same", "c": "none", "d": "the same"}
