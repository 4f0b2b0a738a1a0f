"""not by those of the whole table"""

answers = {"a": 1 / 15, "b": 2 / 15, "c": 0.928, "d": 2.53}
