def gains(row, other):
    return {name: float(f"{row[name] - other[name]:.1f}") for name in ["large", "medium", "small", "AP"]}


verdicts = dict(a="holds", b="does not hold", c="holds", d="cannot tell")
