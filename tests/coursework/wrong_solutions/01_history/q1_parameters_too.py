"""parameters are no score"""

def gains(row, other):
    return {column: round(row[column] - other[column], 1) for column in row}


verdicts = {"a": "holds", "b": "does not hold", "c": "holds", "d": "cannot tell"}
