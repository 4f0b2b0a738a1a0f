"""a: one step a word"""

observed = {"a": "same", "b": "four times", "c": "below a tenth", "d": "about half"}
