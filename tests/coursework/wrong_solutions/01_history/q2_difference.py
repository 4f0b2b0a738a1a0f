"""is a ratio: you subtract"""

def operations(days, devices, per_second):
    return days * 24 * 3600 * devices * per_second


ratios = {"vit_h": 9.9 - 2.5, "vit_l": 9.9 - 0.68, "days": 230 / 8, "epochs": 500 - 50, "hours": 2000 - 325}
