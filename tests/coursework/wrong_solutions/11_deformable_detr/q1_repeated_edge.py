"""outside of the map all pixels are 0, also those just beyond the edge"""

samples = {"a": 8, "b": 14, "c": 4, "d": 20}
