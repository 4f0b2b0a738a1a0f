"""b: every word now stands on another code"""

observed = {"a": "shuffled alike", "b": "shuffled alike", "c": "shuffled alike", "d": "same"}
