"""your value for b should be a number"""

counts = {"a": 197, "b": ..., "c": 15.88, "d": 443136}
