"""Perceive, decide, respond on a live stream."""
