"""c: a large column has one number in every row"""

observed = {"a": "larger", "b": "the same", "c": "the same", "d": "larger"}
