"""b: (2/3, 1/2) lies in the middle"""

samples = {"a": 8, "b": 10, "c": 1, "d": 10}
