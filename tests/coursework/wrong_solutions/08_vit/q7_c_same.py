"""c: the patches are the same ones"""

observed = {"a": "same", "b": "different", "c": "same", "d": "same"}
