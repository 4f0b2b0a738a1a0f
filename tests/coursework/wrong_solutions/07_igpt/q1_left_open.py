"""your value for d should be a number"""

answers = {"a": 0.125, "b": 0.4, "c": 0.928, "d": ...}
