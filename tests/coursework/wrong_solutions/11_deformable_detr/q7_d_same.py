"""d: on the smaller map it is 2 pixels away"""

observed = {"a": "same", "b": "different", "c": "same", "d": "same"}
