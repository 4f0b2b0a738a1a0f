"""a: both have 42.0 AP"""

def gains(row, other):
    return {column: round(row[column] - other[column], 1) for column in ("AP", "small", "medium", "large")}


verdicts = {"a": "cannot tell", "b": "does not hold", "c": "holds", "d": "cannot tell"}
