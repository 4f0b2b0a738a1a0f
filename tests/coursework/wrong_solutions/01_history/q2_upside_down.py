"""is upside down"""

def operations(days, devices, per_second):
    return days * 24 * 3600 * devices * per_second


ratios = {"vit_h": 2.5 / 9.9, "vit_l": 0.68 / 9.9, "days": 230 / 8, "epochs": 50 / 500, "hours": 325 / 2000}
