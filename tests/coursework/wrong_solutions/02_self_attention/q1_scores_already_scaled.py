"""the scores are asked before any scaling"""

scores_by_hand = [2.5, 1.5, -0.5, 0.5]
weights_by_hand = [0.64, 0.24, 0.03, 0.09]
output_by_hand = [1.67, 0.33]
weights_without_big = [0.71, 0.26, 0.04, 0.00]
