"""they lie half a pixel inside of its edges"""

samples = {"a": 9, "b": 12.67, "c": 4, "d": 19}
