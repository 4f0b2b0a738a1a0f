"""c: what the first word left"""

observed = {"a": "doubles", "b": "four times", "c": "about half", "d": "about half"}
