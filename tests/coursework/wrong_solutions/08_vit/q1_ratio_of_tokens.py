"""this is the ratio of the tokens"""

counts = {"a": 197, "b": 590592, "c": 785 / 197, "d": 443136}
