"""a: the last pixel is shifted out"""

observed = {"a": "different", "b": "different", "c": "different", "d": "same"}
