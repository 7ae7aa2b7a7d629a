"""Sends webhooks that are due."""
