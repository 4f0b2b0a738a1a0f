"""you use the last map only"""

import math


def count_templates(height, width, strides, per_place):
    return math.ceil(height / strides[-1]) * math.ceil(width / strides[-1]) * per_place


counts = {"one_map": 21546, "yolo_416": 10647, "yolo_832": 42588, "detr_832": 100}
