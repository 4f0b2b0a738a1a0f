"""you divided by the variance"""

hidden_by_hand = [4, 0]
added_by_hand = [8, 0, 0, -4]
post_norm_by_hand = [0.33, 0.05, -0.14, -0.24]
pre_norm_by_hand = [3.83, 3.0, -1.0, -0.41]
parameters_by_hand = 600
