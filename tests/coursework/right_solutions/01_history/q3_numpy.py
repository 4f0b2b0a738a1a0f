import numpy as np


def count_templates(height, width, strides, per_place):
    strides = np.asarray(strides, dtype=float)
    return (np.ceil(height / strides) * np.ceil(width / strides)).sum() * per_place


counts = {"one_map": np.int64(21546), "yolo_416": 10647, "yolo_832": 42588, "detr_832": np.float64(100)}
