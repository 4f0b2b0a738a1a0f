"""c: on the larger map the star ends 4 pixels away"""

observed = {"a": "same", "b": "different", "c": "different", "d": "different"}
