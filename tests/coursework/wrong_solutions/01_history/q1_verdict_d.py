"""d: no column speaks of training time"""

def gains(row, other):
    return {column: round(row[column] - other[column], 1) for column in ("AP", "small", "medium", "large")}


verdicts = {"a": "holds", "b": "does not hold", "c": "holds", "d": "holds"}
