"""c: without a causal mask"""

observed = {"a": "same", "b": "different", "c": "same", "d": "same"}
