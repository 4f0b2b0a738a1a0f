"""half-way between the last pixel"""

samples = {"a": 8, "b": 14, "c": 1, "d": 20}
