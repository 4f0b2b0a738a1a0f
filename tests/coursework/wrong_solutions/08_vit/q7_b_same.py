"""b: 3 pixels are no whole patch"""

observed = {"a": "same", "b": "same", "c": "different", "d": "same"}
