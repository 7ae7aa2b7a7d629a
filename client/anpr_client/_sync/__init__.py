"""The synchronous client, made of the asynchronous one."""
