"""One picture, from its bytes to the answer: placed, read, recorded where a camera is named, and booked."""

import asyncio
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from anpr.capture import pictures
from anpr.capture.pictures import PlateInPicture, ReadPicture, Standing, Taken, Wanted
from anpr.capture.reads import Outcome
from anpr.errors import TooLarge, TooSlow
from anpr.governance import usage
from functions.api.dependencies import Caller
from functions.api.promises import Promises
from functions.api.services.reader import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A picture, and what is wanted of it.

    Attributes:
        picture: the file.
        camera: id, name or serial number of the camera that it is recorded for; None where nothing is to be kept.
        captured_at: when it was taken; None for now.
        wanted: what of it.
    """

    picture: bytes
    camera: str | None
    captured_at: datetime | None
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Answer:
    """What is told of a picture.

    Attributes:
        read: what is in it.
        standing: whose it is; None where nothing was kept.
        outcomes: what became of each plate, and its event; empty where nothing was kept.
        ms: how long the reading took, waiting for its turn included.
    """

    read: ReadPicture
    standing: Standing | None
    outcomes: tuple[tuple[Outcome, UUID], ...]
    ms: float

    def plates(self) -> list[tuple[PlateInPicture, Outcome | None, UUID | None]]:
        """Each plate with what became of it."""
        kept = self.outcomes or ((None, None),) * len(self.read.plates)
        return [(plate, *became) for plate, became in zip(self.read.plates, kept, strict=True)]


@dataclass(frozen=True, slots=True)
class Answering:
    """Answers pictures for one request."""

    services: Reader
    caller: Caller
    promises: Promises

    def answer(self, asked: Asked) -> Answer:
        """Read a picture, and record it where a camera is named.

        Nothing is held while it is read: neither a transaction nor a connection.

        Raises:
            anpr.errors.AnprError: the camera is unknown or not active, the time in the future, the file no picture.
        """
        services = self.services
        standing: Standing | None = None
        wanted = asked.wanted
        if asked.camera is not None:
            with services.database.transaction() as session:
                standing = pictures.place(session, asked.camera, asked.captured_at, scope=self.caller.scope)
            hint = frozenset({standing.region_hint} if standing.region_hint else ())
            wanted = replace(wanted, images=True, regions=wanted.regions or hint)
        began = time.perf_counter()
        read = services.reader.read(asked.picture, wanted)
        ms = round((time.perf_counter() - began) * 1000, 3)
        if standing is None:
            with services.database.transaction() as session:
                usage.record_picture(session, None)
            return Answer(read, None, (), ms)
        taken = Taken.of(standing, read, asked.picture, told=asked.captured_at is not None)
        with self.promises.transaction() as session:
            kept = pictures.record(session, self.caller.actor, taken, services.recording)
            if not kept.metered:
                usage.record_picture(session, standing.camera_id)
        return Answer(read, standing, kept.outcomes, ms)


Answers = Annotated[Answering, Depends(Answering)]


async def body_of(request: Request, limit: int, within: timedelta) -> bytes:
    """The whole body, which is read to its end even if it is too large: whoever still sends would not see the answer.

    Args:
        request: whose; the route's own limit ends it where it never ends.
        limit: bytes that are taken.
        within: how long it may take to come.

    Raises:
        TooLarge: it has more.
        TooSlow: it has not come by then.
    """
    size = 0
    chunks: list[bytes] = []
    try:
        async with asyncio.timeout(within.total_seconds()):
            async for chunk in request.stream():
                size += len(chunk)
                if size <= limit:
                    chunks.append(chunk)
    except TimeoutError as error:
        raise TooSlow(f"The picture has not come within {within.total_seconds():g} s.") from error
    if size > limit:
        raise too_large(size, limit)
    return b"".join(chunks)


def too_large(size: int, limit: int) -> TooLarge:
    """The error of what is too large to be answered at once."""
    return TooLarge(
        f"The picture has {size} bytes, and {limit} are taken at once; send a larger one by POST /uploads. On AWS a "
        "function takes 6 MB in Base64, and API Gateway lets 10 MB through.",
        limit=limit,
    )
