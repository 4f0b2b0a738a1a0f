"""c: an anchor of 48 px that holds"""

observed = {"a": "fewer", "b": "the same", "c": "fewer", "d": "fewer"}
