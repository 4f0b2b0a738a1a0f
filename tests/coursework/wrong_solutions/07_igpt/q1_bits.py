"""not that to base 2"""

answers = {"a": 0.125, "b": 0.4, "c": 1.339, "d": 2.53}
