"""the table has one decimal, yours has more"""

def gains(row, other):
    return {column: row[column] - other[column] for column in ("AP", "small", "medium", "large")}


verdicts = {"a": "holds", "b": "does not hold", "c": "holds", "d": "cannot tell"}
