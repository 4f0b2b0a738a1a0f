"""the scores of head 2 are not divided"""

weights_of_head_1 = [0.84, 0.11, 0.04]
weights_of_head_2 = [0.11, 0.79, 0.11]
concatenation = [3.37, 0.23, 0.32, 3.36]
output = [6.73, 0.55]
