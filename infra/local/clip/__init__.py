"""A short clip of rendered traffic, for a demonstration that needs no footage of real people."""
