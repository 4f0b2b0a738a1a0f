"""not 2 to that power"""

answers = {"a": 0.125, "b": 0.4, "c": 0.928, "d": 1.903}
