"""you drop the sign"""

def gains(row, other):
    return {column: round(abs(row[column] - other[column]), 1) for column in ("AP", "small", "medium", "large")}


verdicts = {"a": "holds", "b": "does not hold", "c": "holds", "d": "cannot tell"}
