"""your sign is the wrong way round"""

def gains(row, other):
    return {column: round(other[column] - row[column], 1) for column in ("AP", "small", "medium", "large")}


verdicts = {"a": "holds", "b": "does not hold", "c": "holds", "d": "cannot tell"}
