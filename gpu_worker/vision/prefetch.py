"""Running an iterator ahead in a thread of its own, or a function over its items in several."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


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


@contextmanager
def mapped(
    function: Callable[[Item], Result], items: Iterator[Item], workers: int
) -> Iterator[Iterator[tuple[Item, Result]]]:
    """Apply a function to several items at the same time.

    Order and content are those of a plain loop; errors of the function are raised where its result would have come. On
    leaving the context the threads have ended.

    Args:
        function: safe to be called by several threads.
        items: any iterator; it is read by whoever reads the result, at most `workers` items ahead.
        workers: threads.

    Yields:
        An iterator over each item with its result.
    """
    with ThreadPoolExecutor(workers, thread_name_prefix="mapped") as threads:

        def read() -> Iterator[tuple[Item, Result]]:
            running: deque[tuple[Item, Future[Result]]] = deque()
            for item in items:
                running.append((item, threads.submit(function, item)))
                if len(running) > workers:
                    first, result = running.popleft()
                    yield first, result.result()
            for first, result in running:
                yield first, result.result()

        try:
            yield read()
        finally:
            threads.shutdown(cancel_futures=True)
