"""a token is a patch"""

counts = {"a": 50176, "b": 590592, "c": 15.88, "d": 443136}
