def gains(row, other):
    keys = ("AP", "small", "medium", "large")
    difference = torch.tensor([row[key] for key in keys]) - torch.tensor([other[key] for key in keys])
    return {key: round(float(number), 1) for key, number in zip(keys, difference)}


verdicts = {"d": "cannot tell", "c": "holds", "b": "does not hold", "a": "holds"}
