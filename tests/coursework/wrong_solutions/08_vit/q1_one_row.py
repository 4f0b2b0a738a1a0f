"""14 patches lie in a row"""

counts = {"a": 14, "b": 590592, "c": 15.88, "d": 443136}
