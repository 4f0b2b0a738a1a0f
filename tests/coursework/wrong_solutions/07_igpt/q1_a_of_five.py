"""a: of five pixels below a 0 none is a 2"""

answers = {"a": 0.2, "b": 0.4, "c": 0.928, "d": 2.53}
