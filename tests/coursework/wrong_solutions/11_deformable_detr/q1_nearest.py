"""you take the nearest pixel"""

samples = {"a": 8, "b": 20, "c": 4, "d": 20}
