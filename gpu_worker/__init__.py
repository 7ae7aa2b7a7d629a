"""The GPU worker: finds every vehicle's plate in an upload once, and reads it."""
