"""a: without codes each word keeps its output"""

observed = {"a": "same", "b": "different", "c": "shuffled alike", "d": "same"}
