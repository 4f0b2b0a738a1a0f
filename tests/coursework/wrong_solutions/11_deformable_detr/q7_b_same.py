"""b: the star is laid round the reference point"""

observed = {"a": "same", "b": "same", "c": "same", "d": "different"}
