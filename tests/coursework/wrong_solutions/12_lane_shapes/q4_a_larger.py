"""a: a camera that looks down"""

observed = {"a": "larger", "b": "the same", "c": "larger", "d": "the same"}
