"""b: the horizon is where the road"""

observed = {"a": "smaller", "b": "smaller", "c": "larger", "d": "the same"}
