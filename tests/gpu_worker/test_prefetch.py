import threading
from collections.abc import Iterator

import pytest

from gpu_worker.prefetch import prefetched


def test_items_come_in_order_and_end() -> None:
    with prefetched(iter(range(50)), ahead=3) as items:
        assert list(items) == list(range(50))


def test_an_error_is_raised_where_the_item_would_have_come() -> None:
    def failing() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("the third")

    with prefetched(failing()) as items:
        assert [next(items), next(items)] == [1, 2]
        with pytest.raises(ValueError, match="the third"):
            next(items)


def test_leaving_early_stops_the_thread_after_a_bounded_number_of_items() -> None:
    taken = []

    def counting() -> Iterator[int]:
        for i in range(1000):
            taken.append(i)
            yield i

    with prefetched(counting(), ahead=4) as items:
        assert next(items) == 0
    assert len(taken) <= 6
    assert not [t for t in threading.enumerate() if t.name.startswith("prefetch")]
