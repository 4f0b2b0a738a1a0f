"""what you observed for b should be one of same, shuffled alike, different"""

observed = {"a": "shuffled alike", "b": "?", "c": "same", "d": "sharper"}
