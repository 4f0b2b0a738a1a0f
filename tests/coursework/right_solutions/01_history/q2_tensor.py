def operations(days, devices, per_second):
    return torch.tensor(days * 24.0 * 60 * 60, dtype=torch.float64) * devices * per_second


ratios = {"vit_h": 3.96, "vit_l": 14.56, "days": 28.75, "epochs": 10, "hours": 6.15}
