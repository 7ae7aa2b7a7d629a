"""Running an iterator ahead in a thread of its own."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None = None


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
    ready: queue.Queue[Item | _End] = queue.Queue(maxsize=ahead)
    stopped = threading.Event()

    def put(item: Item | _End) -> bool:
        while not stopped.is_set():
            try:
                ready.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def run() -> None:
        error: BaseException | None = None
        try:
            for item in items:
                if not put(item):
                    return
        except BaseException as raised:  # noqa: BLE001  - handed to the reader, who raises it
            error = raised
        put(_End(error))

    def read() -> Iterator[Item]:
        while True:
            item = ready.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item

    thread = threading.Thread(target=run, name="prefetch", daemon=True)
    thread.start()
    try:
        yield read()
    finally:
        stopped.set()
        thread.join()
