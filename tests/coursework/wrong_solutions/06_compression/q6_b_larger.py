"""b: the outlier changes the scale of its own row"""

observed = {"a": "larger", "b": "larger", "c": "the same", "d": "larger"}
