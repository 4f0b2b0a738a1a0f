"""b: the ranges send the large object"""

observed = {"a": "fewer", "b": "fewer", "c": "none", "d": "fewer"}
