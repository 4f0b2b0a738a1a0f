"""you left out the biases"""

hidden_by_hand = [4, 0]
added_by_hand = [8, 0, 0, -4]
post_norm_by_hand = [1.53, 0.22, -0.65, -1.09]
pre_norm_by_hand = [3.83, 3.0, -1.0, -0.41]
parameters_by_hand = 544
