"""you have divided the wrong way round"""

counts = {"a": 197, "b": 590592, "c": (197 / 785) ** 2, "d": 443136}
