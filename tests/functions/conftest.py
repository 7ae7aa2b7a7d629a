"""What tests of any function may need."""

import asyncio
from collections.abc import Iterator

import pytest


@pytest.fixture
def event_loop_for_mangum() -> Iterator[None]:
    """Mangum runs on the thread's event loop, as Lambda's runtime leaves it."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    loop.run_until_complete(loop.shutdown_default_executor())
    asyncio.set_event_loop(None)
    loop.close()
