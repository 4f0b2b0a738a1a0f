"""your calculator is set to degrees"""

speeds_by_hand = [1, 0.25]
code_by_hand = [0.03, 1.0, 0.01, 1.0]
matrix_by_hand = [[0.97, -0.25], [0.25, 0.97]]
similarity_by_hand = -0.26
