"""this is without the bias"""

counts = {"a": 197, "b": 589824, "c": 15.88, "d": 443136}
