"""The asynchronous client; `client/unasync.py` makes the synchronous one of it."""
