"""d: the way is one step"""

observed = {"a": "doubles", "b": "four times", "c": "below a tenth", "d": "same"}
