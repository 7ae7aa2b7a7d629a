"""Moves or ends uploads that stand still, and forgets old published events, on a schedule."""
