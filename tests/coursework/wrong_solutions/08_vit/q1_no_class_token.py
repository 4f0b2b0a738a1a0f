"""the class token is a token, too"""

counts = {"a": 196, "b": 590592, "c": 15.88, "d": 443136}
