"""a patch has three channels"""

counts = {"a": 197, "b": 197376, "c": 15.88, "d": 443136}
