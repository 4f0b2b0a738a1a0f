"""you divide by the other row"""

def gains(row, other):
    return {column: 100 * (row[column] / other[column] - 1) for column in ("AP", "small", "medium", "large")}


verdicts = {"a": "holds", "b": "does not hold", "c": "holds", "d": "cannot tell"}
