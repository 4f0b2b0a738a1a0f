"""what you observed for c should be one of"""

observed = {"a": "doubles", "b": "four times", "c": "?", "d": "about half"}
