"""LN(x + f(x)) is off by up to"""

hidden_by_hand = [4, 0]
added_by_hand = [8, 0, 0, -4]
post_norm_by_hand = [1.5, 0.2, -0.6, -1.1]
pre_norm_by_hand = [3.83, 3.0, -1.0, -0.41]
parameters_by_hand = 600
