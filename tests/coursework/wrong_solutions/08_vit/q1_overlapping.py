"""a: 14 times 14 patches"""

counts = {"a": 44522, "b": 590592, "c": 15.88, "d": 443136}
