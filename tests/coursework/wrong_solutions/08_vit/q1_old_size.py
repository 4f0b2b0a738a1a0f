"""this is for 224 x 224 pixels"""

counts = {"a": 197, "b": 590592, "c": 15.88, "d": 197 * 768}
