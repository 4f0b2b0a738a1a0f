"""not for their sum"""

answers = {"a": 0.125, "b": 0.4, "c": 1.856, "d": 6.4}
