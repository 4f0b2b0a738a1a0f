def operations(days, devices, per_second):
    seconds = days * 24 * 60 * 60
    each = seconds * per_second
    return each * devices


ratios = {}
ratios["vit_h"] = 9900 / 2500
ratios["vit_l"] = 9900 / 680
ratios["days"] = 230 / 8
ratios["epochs"] = 500 // 50
ratios["hours"] = 2000 / 325
