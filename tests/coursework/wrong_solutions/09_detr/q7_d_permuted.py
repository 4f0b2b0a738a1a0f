"""d: a sum over the memory does not know its order"""

observed = {"a": "permuted alike", "b": "same", "c": "different", "d": "permuted alike"}
