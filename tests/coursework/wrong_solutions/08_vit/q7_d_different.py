"""d: a filter does the same at every place"""

observed = {"a": "same", "b": "different", "c": "different", "d": "different"}
