import numpy as np


def gains(row, other):
    result = {}
    for column in row:
        if column != "parameters":
            result[column] = np.round(row[column] - other[column], 1)
    return result


verdicts = {"a": "holds", "b": "does not hold", "c": "holds", "d": "cannot tell"}
