"""c: kept pairs point to queries"""

observed = {"a": "permuted alike", "b": "same", "c": "same", "d": "same"}
