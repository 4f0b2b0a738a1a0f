"""all 16 · 16 · 3 numbers of the patch"""

counts = {"a": 197, "b": 13056, "c": 15.88, "d": 443136}
