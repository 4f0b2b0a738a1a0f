"""d: the class token has a position, too"""

counts = {"a": 197, "b": 590592, "c": 15.88, "d": 24 * 24 * 768}
