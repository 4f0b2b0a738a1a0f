"""wrong score for it: multiply query and key feature by feature, keep the signs"""

scores_by_hand = [5, 3, 1, 1]
weights_by_hand = [0.61, 0.22, 0.08, 0.08]
output_by_hand = [1.63, 0.36]
weights_without_big = [0.67, 0.24, 0.09, 0]
