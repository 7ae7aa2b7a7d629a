"""Starts the sweeps, unless nothing has happened that could have left something behind."""
