"""you divided the scores by d_k = 4: divide by its square root"""

scores_by_hand = [5, 3, -1, 1]
weights_by_hand = [0.46, 0.28, 0.10, 0.17]
output_by_hand = [1.68, 0.32]
weights_without_big = [0.55, 0.33, 0.12, 0]
