"""d: parallel lines share"""

observed = {"a": "smaller", "b": "the same", "c": "larger", "d": "larger"}
