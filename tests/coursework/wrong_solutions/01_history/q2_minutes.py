"""you turn days into minutes"""

def operations(days, devices, per_second):
    return days * 24 * 60 * devices * per_second


ratios = {"vit_h": 9.9 / 2.5, "vit_l": 9.9 / 0.68, "days": 230 / 8, "epochs": 500 / 50, "hours": 2000 / 325}
