"""you give the percentage that is saved"""

def operations(days, devices, per_second):
    return days * 24 * 3600 * devices * per_second


ratios = {"vit_h": 100 * (1 - 2.5 / 9.9), "vit_l": 93.1, "days": 230 / 8, "epochs": 90, "hours": 100 * (1 - 325 / 2000)}
