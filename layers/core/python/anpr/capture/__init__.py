"""What comes in: cameras, uploads and their jobs, the passages read from them, and the sweep for what got lost."""
