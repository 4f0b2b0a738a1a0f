"""b: a sum over key-value pairs does not depend on their order"""

observed = {"a": "shuffled alike", "b": "shuffled alike", "c": "same", "d": "sharper"}
