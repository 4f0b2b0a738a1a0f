"""you count left neighbours"""

answers = {"a": 0.42857142857142855, "b": 0.5, "c": 1.3966, "d": 4.0415}
