"""Publishes what is left in the outbox, on a schedule."""
