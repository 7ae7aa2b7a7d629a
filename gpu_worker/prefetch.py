"""Running an iterator ahead in a thread of its own."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")


@contextmanager
def prefetched(items: Iterator[Item], ahead: int = 4) -> Iterator[Iterator[Item]]:
    """Run `items` up to `ahead` steps ahead of its reader.

    Order and content are those of `items`; so are its errors, raised where the item would have come. On leaving the
    context the thread has ended, however much was read, so what `items` uses can be closed.

    Args:
        items: any iterator; only the thread touches it.
        ahead: items held ready at most.

    Yields:
        An iterator over the same items.
    """
    # One worker takes the steps in order, so each future is the next item; the first empty list marks the end.
    with ThreadPoolExecutor(1, thread_name_prefix="prefetch") as thread:
        steps: deque[Future[list[Item]]] = deque(thread.submit(_step, items) for _ in range(ahead))

        def read() -> Iterator[Item]:
            while item := steps.popleft().result():
                steps.append(thread.submit(_step, items))
                yield item[0]

        try:
            yield read()
        finally:
            thread.shutdown(cancel_futures=True)


def _step(items: Iterator[Item]) -> list[Item]:
    """Take one item; the list is empty at the end, as a future cannot carry StopIteration."""
    for item in items:
        return [item]
    return []
