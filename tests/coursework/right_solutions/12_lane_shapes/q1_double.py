def curve_x(curve, y):
    k, f, m, n, b, shift = curve.double()
    t = 1 / (y.double() - f)
    x = k * t * t + m * t + n + b * y - shift
    x[y <= f] = -2
    return x
