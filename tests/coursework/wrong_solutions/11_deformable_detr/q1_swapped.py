"""x counts along a row and y down a column"""

samples = {"a": 4, "b": 11.333, "c": 1, "d": 1.5}
