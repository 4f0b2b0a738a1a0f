"""Lane lines as a set of curves: road and camera geometry, LSTR, matching and loss on curves, TuSimple's files and metric."""
