"""d: a hidden pixel is 0 whatever its level"""

observed = {"a": "same", "b": "different", "c": "different", "d": "different"}
