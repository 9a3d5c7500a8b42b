"""The standard library: one module per block, found by the registry."""

PETIOLE_API = 1
