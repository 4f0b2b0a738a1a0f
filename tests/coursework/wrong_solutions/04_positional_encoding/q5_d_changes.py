"""d: the dot product of two codes depends on their distance alone"""

observed = {"a": "shuffled alike", "b": "different", "c": "shuffled alike", "d": "different"}
