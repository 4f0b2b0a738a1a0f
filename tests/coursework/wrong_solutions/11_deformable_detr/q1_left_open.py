"""your value for c should be a number"""

samples = {"a": 8, "b": 14, "c": ..., "d": 10}
