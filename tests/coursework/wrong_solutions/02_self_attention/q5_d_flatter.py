"""d: ten times the query is ten times every score"""

observed = {"a": "shuffled alike", "b": "same", "c": "same", "d": "flatter"}
