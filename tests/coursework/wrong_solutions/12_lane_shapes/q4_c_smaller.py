"""c: from a higher camera"""

observed = {"a": "smaller", "b": "the same", "c": "smaller", "d": "the same"}
