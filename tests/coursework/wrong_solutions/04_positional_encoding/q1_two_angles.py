"""their squares add up to 1, yours add up to"""

speeds_by_hand = [1, 0.25]
code_by_hand = [0.91, -0.65, 0.48, 0.54]
matrix_by_hand = [[0.97, -0.25], [0.25, 0.97]]
similarity_by_hand = -0.26
