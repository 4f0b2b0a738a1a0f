"""your six weights sum to 1 together"""

weights_of_head_1 = [0.58, 0.14, 0.07]
weights_of_head_2 = [0.03, 0.14, 0.03]
concatenation = [2.32, 0.28, 0.1, 0.64]
output = [2.96, 0.38]
