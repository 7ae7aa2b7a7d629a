import threading
from collections.abc import Iterator

import pytest

from gpu_worker.vision.prefetch import mapped, prefetched


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


def test_mapped_items_keep_their_order_though_the_first_takes_longest() -> None:
    second_ran = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            assert second_ran.wait(10)  # only if another thread works at the same time
        second_ran.set()
        return item * item

    with mapped(work, iter(range(6)), workers=2) as results:
        assert list(results) == [(i, i * i) for i in range(6)]


def test_an_error_of_the_function_is_raised_where_its_result_would_have_come() -> None:
    def work(item: int) -> int:
        if item == 2:
            raise ValueError("the third")
        return item

    with mapped(work, iter(range(6)), workers=2) as results:
        assert [next(results), next(results)] == [(0, 0), (1, 1)]
        with pytest.raises(ValueError, match="the third"):
            next(results)


def test_leaving_a_mapping_early_ends_its_threads() -> None:
    taken = []

    def counting() -> Iterator[int]:
        for i in range(1000):
            taken.append(i)
            yield i

    with mapped(str, counting(), workers=3) as results:
        assert next(results) == (0, "0")
    assert len(taken) <= 5
    assert not [t for t in threading.enumerate() if t.name.startswith("mapped")]
