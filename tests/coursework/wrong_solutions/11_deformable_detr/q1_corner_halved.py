"""around the corner of the map"""

samples = {"a": 8, "b": 14, "c": 2, "d": 10}
