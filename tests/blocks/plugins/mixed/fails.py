"""Needs something that is not installed."""

raise ImportError("no module named bicycle")
