"""a: without positions the class token sees a set"""

observed = {"a": "different", "b": "different", "c": "different", "d": "same"}
