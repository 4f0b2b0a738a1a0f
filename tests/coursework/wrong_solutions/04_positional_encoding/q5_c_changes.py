"""c: a sum of word and code is just another token"""

observed = {"a": "shuffled alike", "b": "different", "c": "different", "d": "same"}
