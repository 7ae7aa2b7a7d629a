"""Writing an export's archive, one invocation at a time.

A builder claims the export, goes on after the last uploaded part, and either ends the archive or, when its time runs
out, lets go and asks for another builder. Parts end between files, so a part is all that a dead builder can lose. The
label files and the directory at the end are made again by whoever ends the archive.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import chain
from typing import Any, Final
from uuid import UUID, uuid4

from anpr.db import Database
from anpr.errors import AnprError, NotFound
from anpr.messages import export_key
from anpr.ports import ArchiveStore
from anpr.review.exports import jpeg, labels, plan, progress, rows
from anpr.review.exports.archive import ArchiveWriter, Member, TooLarge, lines
from anpr.review.exports.progress import CROPS, FRAMES, LABELS, BuildClaim, ClaimLost, Position
from anpr.review.exports.requests import Content
from anpr.review.exports.rows import Image
from anpr.settings import ExportSettings

_MIN_TAIL_S: Final = 300.0
"""Time that must be left to begin the archive's end, which cannot be broken off."""
_MIN_PART_S: Final = 60.0
"""Time that must be left to begin another part."""


class Outcome(StrEnum):
    """What became of an attempt."""

    READY = "ready"
    FAILED = "failed"
    HANDED_ON = "handed_on"
    NOT_OURS = "not_ours"


def build(
    database: Database,
    store: ArchiveStore,
    export_id: UUID,
    *,
    settings: ExportSettings,
    remaining_s: Callable[[], float],
) -> Outcome:
    """Build an export, or as much of it as there is time for. A second delivery of a request does nothing.

    Args:
        database: where the export is.
        store: where images come from and the archive goes.
        export_id: which export.
        settings: limits.
        remaining_s: seconds until this process is ended.

    Returns:
        Whether the archive is ready, cannot be made, is left to another builder, or is none of this one's.

    Raises:
        anpr.errors.AnprError: database or storage do not answer; the export waits for the next attempt.
    """
    with database.transaction() as session:
        claim = progress.take(session, export_id, uuid4(), settings)
    if claim is None:
        return Outcome.NOT_OURS
    try:
        return _Build(database, store, claim).run(remaining_s)
    except ClaimLost:
        return Outcome.NOT_OURS
    except TooLarge as error:
        with database.transaction() as session:
            progress.fail(session, claim, f"{error} Ask for a shorter time.")
        return Outcome.FAILED
    except AnprError:
        # Whoever tries again need not wait for the lease to end. Where even this fails, they do wait.
        with suppress(AnprError, ClaimLost), database.transaction() as session:
            progress.release(session, claim)
        raise


@dataclass(slots=True)
class _Build:
    """One attempt at one export.

    Attributes:
        reached: how far the archive is; up to the last checkpoint, it is on record too.
        multipart_id: the upload that the archive's parts go to.
    """

    database: Database
    store: ArchiveStore
    claim: BuildClaim
    reached: Position = field(default_factory=Position)
    multipart_id: str = ""
    # Bytes that are in no uploaded part yet, and the files that end in them.
    _buffer: bytearray = field(default_factory=bytearray)
    _entries: list[dict[str, Any]] = field(default_factory=list)
    # The parts behind the last checkpoint, once the archive's end is being written: nobody goes on from there.
    _tail: list[str] | None = None

    def run(self, remaining_s: Callable[[], float]) -> Outcome:
        with self.database.transaction() as session:
            if progress.planned(session, self.claim) == 0:
                progress.fail(session, self.claim, "No event matches the request any more.")
                return Outcome.FAILED
        if self._open():
            return Outcome.READY
        writer = ArchiveWriter(self._write, self.claim.created_at, self.reached.offset)
        if not self._add_images(writer, remaining_s) or remaining_s() < _MIN_TAIL_S:
            with self.database.transaction() as session:
                progress.hand_on(session, self.claim)
            return Outcome.HANDED_ON
        self._end(writer)
        return Outcome.READY

    @property
    def _key(self) -> str:
        return export_key(self.claim.export_id)

    @property
    def _part_bytes(self) -> int:
        """Size of the next part. S3 takes 10,000 parts, so they grow: 440 GB in all from 8 MiB."""
        return self.claim.settings.part_bytes * (1 + self.reached.parts // 1000)

    def _open(self) -> bool:
        """Go on with the archive that is there, or begin one; True where it turns out to be complete."""
        with self.database.transaction() as session:
            self.reached, multipart_id = progress.position(session, self.claim)
        if multipart_id is not None and self.store.multipart_exists(self._key, multipart_id):
            self.multipart_id = multipart_id
            return False
        complete = self.store.info(self._key)
        if complete is not None:
            # The last builder died between the upload's completion and its commit.
            with self.database.transaction() as session:
                progress.finish(session, self.claim, complete.size_bytes)
            return True
        # The storage clears away uploads that nobody ended. What was in one is lost, and is made again.
        self.multipart_id = self.store.begin_multipart(self._key, content_type="application/zip")
        self.reached = Position()
        with self.database.transaction() as session:
            progress.start_over(session, self.claim, self.multipart_id)
        return False

    def _add_images(self, writer: ArchiveWriter, remaining_s: Callable[[], float]) -> bool:
        """Add the images that are not in uploaded parts yet; False where there was no time for all."""
        request = self.claim.request
        stages = [stage for stage, there in ((CROPS, request.has_crops), (FRAMES, request.has_frames)) if there]
        if self.reached.stage in stages:
            stages = stages[stages.index(self.reached.stage) :]
        for stage in stages:
            if self.reached.stage != stage:
                self.reached = replace(self.reached, stage=stage, item_no=0)
            images = rows.images(self.database, self.claim.export_id, stage, self.reached.item_no)
            with closing(self._fetched(images)) as fetched:
                for image, content in fetched:
                    self._add(writer, image, content)
                    if len(self._buffer) >= self._part_bytes:
                        self._checkpoint()
                        if remaining_s() < _MIN_PART_S:
                            return False
        return True

    def _add(self, writer: ArchiveWriter, image: Image, content: bytes | None) -> None:
        """Add one image, with its label file if it is a full frame; one that is missing is counted."""
        stage = self.reached.stage
        size = None if content is None else jpeg.size_of(content)
        self.reached = replace(self.reached, item_no=image.no, done=self.reached.done + 1)
        if content is None or size is None:
            self.reached = replace(self.reached, missing=self.reached.missing + 1)
            return
        name = labels.image_name(stage, image.split, image.event_id)
        self._enter(writer.store(name, content), stage, image.no, size)
        if stage == FRAMES and Content.YOLO in self.claim.request.contents:
            text = labels.yolo(image.boxes, *size)
            member = writer.store(labels.yolo_name(image.split, image.event_id), text.encode())
            self._enter(member, LABELS, image.no, (None, None))

    def _enter(self, member: Member, stage: str, item_no: int, size: tuple[int | None, int | None]) -> None:
        self.reached = replace(self.reached, entries=self.reached.entries + 1)
        self._entries.append(
            {
                "no": self.reached.entries,
                "stage": stage,
                "item_no": item_no,
                "name": member.name,
                "offset": member.offset,
                "size": member.size,
                "crc32": member.crc32,
                "sha256": member.sha256,
                "width": size[0],
                "height": size[1],
            }
        )

    def _fetched(self, images: Iterator[Image]) -> Generator[tuple[Image, bytes | None]]:
        """Fetch images ahead, several at a time, and give them in order; only those being fetched are in memory."""
        with ThreadPoolExecutor(self.claim.settings.fetchers) as fetchers:
            ahead: deque[tuple[Image, Future[bytes | None]]] = deque()
            try:
                for image in images:
                    ahead.append((image, fetchers.submit(self._fetch, image.key)))
                    if len(ahead) > self.claim.settings.fetchers:
                        first, future = ahead.popleft()
                        yield first, future.result()
                while ahead:
                    first, future = ahead.popleft()
                    yield first, future.result()
            finally:
                for _, future in ahead:
                    future.cancel()

    def _fetch(self, key: str | None) -> bytes | None:
        if key is None:
            return None
        try:
            return self.store.read(key)
        except NotFound:
            return None

    def _write(self, data: bytes) -> None:
        """Take the archive's bytes. Images are cut into parts between files; the end wherever a part is full."""
        self._buffer += data
        if self._tail is not None and len(self._buffer) >= self._part_bytes:
            self._upload_tail(self._tail)

    def _checkpoint(self) -> None:
        """Upload what is in the buffer and record it."""
        etag = self.store.put_part(self._key, self.multipart_id, self.reached.parts + 1, bytes(self._buffer))
        offset = self.reached.offset + len(self._buffer)
        self.reached = replace(self.reached, parts=self.reached.parts + 1, offset=offset)
        with self.database.transaction() as session:
            progress.reach(session, self.claim, self.reached, etag, self._entries)
        self._buffer.clear()
        self._entries = []

    def _end(self, writer: ArchiveWriter) -> None:
        """Write label files, manifest and directory, and complete the upload."""
        with self.database.transaction() as session:
            # The label files are made of what is on record. The last images are too few for a part of their own.
            progress.enter(session, self.claim, self._entries)
            etags = progress.etags(session, self.claim)
            counts = plan.counts(session, self.claim.export_id)
        counts["images"] = self.reached.done - self.reached.missing
        counts["images_missing"] = self.reached.missing
        self._tail = []
        made = [writer.deflate(name, lines(text)) for name, text in labels.files(self.database, self.claim)]
        made.append(writer.deflate("manifest.json", lines(labels.manifest(self.database, self.claim, counts, made))))
        writer.close(chain(self._recorded(), made))
        self._upload_tail(self._tail)
        self.store.complete_multipart(self._key, self.multipart_id, etags + self._tail)
        with self.database.transaction() as session:
            progress.finish(session, self.claim, writer.offset, missing=self.reached.missing)

    def _upload_tail(self, tail: list[str]) -> None:
        number = self.reached.parts + len(tail) + 1
        tail.append(self.store.put_part(self._key, self.multipart_id, number, bytes(self._buffer)))
        self._buffer.clear()
        with self.database.transaction() as session:
            progress.touch(session, self.claim)

    def _recorded(self) -> Iterator[Member]:
        for row in rows.entries(self.database, self.claim.export_id):
            yield Member(row.name, row.offset, row.size, row.size, row.crc32, row.sha256)
