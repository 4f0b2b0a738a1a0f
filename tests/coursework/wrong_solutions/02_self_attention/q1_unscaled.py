"""your weights come from the unscaled scores"""

scores_by_hand = [5, 3, -1, 1]
weights_by_hand = [0.865, 0.117, 0.002, 0.016]
output_by_hand = [1.80, 0.20]
weights_without_big = [0.879, 0.119, 0.002, 0]
