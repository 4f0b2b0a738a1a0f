"""a: the count of points grows"""

observed = {"a": "the same", "b": "the same", "c": "none", "d": "fewer"}
