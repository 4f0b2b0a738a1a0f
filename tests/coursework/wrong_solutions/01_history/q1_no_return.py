"""is `return` missing? Yours is of type NoneType"""

def gains(row, other):
    {column: round(row[column] - other[column], 1) for column in ("AP", "small", "medium", "large")}


verdicts = {"a": "holds", "b": "does not hold", "c": "holds", "d": "cannot tell"}
