"""a: the outlier sets the scale for all"""

observed = {"a": "the same", "b": "the same", "c": "larger", "d": "larger"}
