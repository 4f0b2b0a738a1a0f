"""you count places"""

import math


def count_templates(height, width, strides, per_place):
    return sum(math.ceil(height / stride) * math.ceil(width / stride) for stride in strides)


counts = {"one_map": 21546, "yolo_416": 10647, "yolo_832": 42588, "detr_832": 100}
