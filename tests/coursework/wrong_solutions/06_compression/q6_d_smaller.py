"""d: cutting off helps all other weights"""

observed = {"a": "larger", "b": "the same", "c": "larger", "d": "smaller"}
