"""b: 61.1 minus 53.4 is 7.7"""

def gains(row, other):
    return {column: round(row[column] - other[column], 1) for column in ("AP", "small", "medium", "large")}


verdicts = {"a": "holds", "b": "holds", "c": "holds", "d": "cannot tell"}
