"""you added the two heads place by place"""

weights_of_head_1 = [0.73, 0.18, 0.09]
weights_of_head_2 = [0.16, 0.67, 0.16]
concatenation = [2.93, 0.36, 0.49, 3.02]
output = [3.42, 3.38]
