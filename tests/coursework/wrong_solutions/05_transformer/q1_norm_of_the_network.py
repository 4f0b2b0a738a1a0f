"""you normed what the network returns"""

hidden_by_hand = [4, 0]
added_by_hand = [8, 0, 0, -4]
post_norm_by_hand = [1.53, 0.22, -0.65, -1.09]
pre_norm_by_hand = [2.61, 2.77, -1.23, -0.15]
parameters_by_hand = 600
