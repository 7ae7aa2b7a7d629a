"""`anpr queue`: what waits, what nobody could deal with, and putting that back."""

from collections.abc import Iterator, Sequence
from typing import Final

from anpr import bootstrap

JOBS: Final = "video_processing"
"""The queue of detection jobs."""

_ALL: Final = 10_000


def describe(name: str, limit: int) -> Iterator[str]:
    """Say in lines what a queue holds: how many wait, how many are dead, and the oldest of these."""
    queue = bootstrap.queue(name)
    yield f"{name}: {queue.depth()} waiting, {queue.count_dead()} dead"
    for letter in queue.dead(limit):
        yield f"{letter.id}  {letter.died_at.isoformat(timespec='seconds')}  {letter.body[:200]}"


def put_back(name: str, letter_ids: Sequence[str]) -> int:
    """Put dead letters back, all where none is named; returns how many."""
    queue = bootstrap.queue(name)
    return queue.revive(letter_ids or [letter.id for letter in queue.dead(_ALL)])
