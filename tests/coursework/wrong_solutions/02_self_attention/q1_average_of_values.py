"""your output is the plain average of the values"""

scores_by_hand = [5, 3, -1, 1]
weights_by_hand = [0.64, 0.24, 0.03, 0.09]
output_by_hand = [1.75, 0.25]
weights_without_big = [0.71, 0.26, 0.04, 0.00]
