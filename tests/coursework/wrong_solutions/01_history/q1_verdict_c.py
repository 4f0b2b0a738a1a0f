"""c: the lowest Faster R-CNN has 21.4"""

def gains(row, other):
    return {column: round(row[column] - other[column], 1) for column in ("AP", "small", "medium", "large")}


verdicts = {"a": "holds", "b": "does not hold", "c": "does not hold", "d": "cannot tell"}
