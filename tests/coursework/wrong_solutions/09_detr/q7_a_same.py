"""a: each query takes its box along"""

observed = {"a": "same", "b": "same", "c": "different", "d": "same"}
