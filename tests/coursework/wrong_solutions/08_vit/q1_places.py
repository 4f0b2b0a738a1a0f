"""each has 768 parameters"""

counts = {"a": 197, "b": 590592, "c": 15.88, "d": 577}
