"""c: the same vector on every key adds the same number to all scores of a query"""

observed = {"a": "shuffled alike", "b": "same", "c": "different", "d": "sharper"}
