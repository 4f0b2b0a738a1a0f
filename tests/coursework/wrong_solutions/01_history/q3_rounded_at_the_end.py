"""you round once, at the end"""

import math


def count_templates(height, width, strides, per_place):
    return sum(math.ceil(height / stride * width / stride) for stride in strides) * per_place


counts = {"one_map": 21546, "yolo_416": 10647, "yolo_832": 42588, "detr_832": 100}
