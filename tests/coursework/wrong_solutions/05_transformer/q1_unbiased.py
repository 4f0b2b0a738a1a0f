"""you divided the sum of squares by 3"""

hidden_by_hand = [4, 0]
added_by_hand = [8, 0, 0, -4]
post_norm_by_hand = [1.32, 0.19, -0.57, -0.94]
pre_norm_by_hand = [3.83, 3.0, -1.0, -0.41]
parameters_by_hand = 600
