"""the first centre is half a pixel inside the map: subtract one half after multiplying by the width"""

samples = {"a": 14, "b": 16, "c": 4, "d": 0}
