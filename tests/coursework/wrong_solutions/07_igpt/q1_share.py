"""d is a number of levels"""

answers = {"a": 0.125, "b": 0.4, "c": 0.928, "d": 0.395}
