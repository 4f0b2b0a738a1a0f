"""b: (4, 0) lies to the left, but a row below"""

observed = {"a": "same", "b": "same", "c": "different", "d": "same"}
