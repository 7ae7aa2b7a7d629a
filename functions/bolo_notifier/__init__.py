"""Tells people and machines of hits."""
