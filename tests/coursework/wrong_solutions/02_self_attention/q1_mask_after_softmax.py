"""your masked weights sum to 0.91, not 1"""

scores_by_hand = [5, 3, -1, 1]
weights_by_hand = [0.64, 0.24, 0.03, 0.09]
output_by_hand = [1.67, 0.33]
weights_without_big = [0.64, 0.24, 0.03, 0]
