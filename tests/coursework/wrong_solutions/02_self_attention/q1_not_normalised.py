"""your weights sum to 18.92: divide each exponential by the sum of all four"""

scores_by_hand = [5, 3, -1, 1]
weights_by_hand = [12.18, 4.48, 0.61, 1.65]
output_by_hand = [31.57, 6.27]
weights_without_big = [12.18, 4.48, 0.61, 0]
