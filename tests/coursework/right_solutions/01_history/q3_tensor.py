def count_templates(height, width, strides, per_place):
    places = [((height + s - 1) // s) * ((width + s - 1) // s) for s in strides]
    return torch.tensor(sum(places) * per_place)


counts = {"one_map": 21546, "yolo_416": 10647, "yolo_832": 42588, "detr_832": 100}
