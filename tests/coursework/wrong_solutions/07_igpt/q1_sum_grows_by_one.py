"""its sum grows by three"""

answers = {"a": 1 / 6, "b": 2 / 3, "c": 0.64, "d": 1.897}
