"""What waits: asynchronously here, and by threads in the module of this name beside it."""

import asyncio

Lock = asyncio.Lock
sleep = asyncio.sleep
