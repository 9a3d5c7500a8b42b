"""Runs at a terminal: what was typed, how a run goes on, what came out."""
