"""The web console: static files, and what browsers are told about them."""
