"""not that to base 10"""

answers = {"a": 0.125, "b": 0.4, "c": 0.403, "d": 2.53}
