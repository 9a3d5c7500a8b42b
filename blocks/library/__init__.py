"""The standard library: one module per block, found by the registry."""
