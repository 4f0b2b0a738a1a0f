def count_templates(height, width, strides, per_place):
    total = 0
    for stride in strides:
        total += -(-height // stride) * -(-width // stride) * per_place
    return total


counts = {"one_map": 38 * 63 * 9, "yolo_416": 10647.0, "yolo_832": 4 * 10647, "detr_832": 100}
