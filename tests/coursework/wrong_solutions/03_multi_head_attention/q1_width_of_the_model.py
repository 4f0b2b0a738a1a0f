"""you divided by the square root of 4"""

weights_of_head_1 = [0.63, 0.23, 0.14]
weights_of_head_2 = [0.21, 0.58, 0.21]
concatenation = [2.51, 0.46, 0.64, 2.73]
output = [5.24, 1.1]
