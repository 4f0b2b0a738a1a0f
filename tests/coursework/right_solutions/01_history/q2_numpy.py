import numpy as np


def operations(days, devices, per_second):
    return np.float64(days) * 86400 * devices * per_second


ratios = {"vit_h": np.float64(9.9) / 2.5, "vit_l": np.divide(9900, 680), "days": np.float32(28.75), "epochs": np.int64(10), "hours": np.float64(2000 / 325)}
