"""b: twice as many words"""

observed = {"a": "doubles", "b": "doubles", "c": "below a tenth", "d": "about half"}
