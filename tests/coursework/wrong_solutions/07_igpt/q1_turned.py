"""with you the lower pixel is given"""

answers = {"a": 0.125, "b": 0.5, "c": 0.928, "d": 2.53}
