"""that is half of it"""

speeds_by_hand = [1, 0.25]
code_by_hand = [0.91, -0.42, 0.48, 0.88]
matrix_by_hand = [[0.97, -0.25], [0.25, 0.97]]
similarity_by_hand = -0.13
