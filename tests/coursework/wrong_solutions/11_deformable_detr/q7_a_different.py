"""a: with matrices of 0 the state has no say yet"""

observed = {"a": "different", "b": "different", "c": "same", "d": "different"}
