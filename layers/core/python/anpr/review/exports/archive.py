"""Writing a ZIP as a stream that can be broken off and continued, in memory that does not grow with it.

The ZIP libraries at hand, the standard one included, keep every member in memory until they write the directory at the
end, and none can go on with an archive that another process began. Here a member is a value that the caller keeps (in
the database) and hands back for the directory. Members whose content is at hand are stored with their sizes in front;
members that are made on the way are deflated, with their sizes behind (a data descriptor).

Format: PKWARE APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.9 (data descriptor), 4.3.12 (directory), 4.3.14 to
4.3.16 (ends of directory), 4.5.3 (ZIP64 sizes and offsets).
"""

import hashlib
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

_LOCAL: Final = struct.Struct("<4sHHHHHIIIHH")
_DESCRIPTOR: Final = struct.Struct("<4sIII")
_DIRECTORY: Final = struct.Struct("<4sHHHHHHIIIHHHHHII")
_ZIP64_EXTRA: Final = struct.Struct("<HHQ")
_ZIP64_END: Final = struct.Struct("<4sQHHIIQQQQ")
_ZIP64_LOCATOR: Final = struct.Struct("<4sIQI")
_END: Final = struct.Struct("<4sHHHHIIH")

_MAX_16: Final = 0xFFFF
_MAX_32: Final = 0xFFFFFFFF
_VERSION: Final = 45
"""Version 4.5 of the format: what ZIP64 needs. Made by the same version on Unix (3)."""
_MADE_BY: Final = 3 << 8 | _VERSION
_DESCRIPTOR_FOLLOWS: Final = 1 << 3
_UTF8: Final = 1 << 11
_STORED: Final = 0
_DEFLATED: Final = 8
_MODE: Final = 0o100644 << 16
"""A regular file that everybody may read."""


class TooLarge(ValueError):
    """A member of 4 GiB or more, which this writer does not write."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive, as its directory and a manifest know it.

    Attributes:
        offset: where its local header starts, in bytes from the start of the archive.
        size: of the content, in bytes.
        packed: of the content as it stands in the archive.
        crc32: checksum of the content.
        sha256: of the content; empty where nobody needs it any more.
    """

    name: str
    offset: int
    size: int
    packed: int
    crc32: int
    sha256: bytes
    deflated: bool = False


@dataclass(slots=True)
class ArchiveWriter:
    """Writes members one after another into a sink.

    Attributes:
        write: takes the archive's bytes, in order.
        modified_at: the time that all members bear; fixed, so that a repeated run writes the same bytes.
        offset: where the next byte goes, counted from the archive's start.
    """

    write: Callable[[bytes], object]
    modified_at: datetime
    offset: int = 0
    _dos_time: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        at = self.modified_at.astimezone(UTC)
        # Two-second steps; years from 1980.
        self._dos_time = (
            at.hour << 11 | at.minute << 5 | at.second // 2,
            (at.year - 1980) << 9 | at.month << 5 | at.day,
        )

    def store(self, name: str, content: bytes) -> Member:
        """Add a file as it is: images are compressed already.

        Raises:
            TooLarge: it has 4 GiB or more.
        """
        size = len(content)
        _check(name, size)
        member = Member(name, self.offset, size, size, zlib.crc32(content), hashlib.sha256(content).digest())
        self._local_header(member, _UTF8)
        self._put(content)
        return member

    def deflate(self, name: str, chunks: Iterable[bytes]) -> Member:
        """Add a file that is made while it is written.

        Raises:
            TooLarge: it came to 4 GiB or more.
        """
        start = self.offset
        self._local_header(Member(name, start, 0, 0, 0, b"", deflated=True), _UTF8 | _DESCRIPTOR_FOLLOWS)
        data_start = self.offset
        digest, crc32, size = hashlib.sha256(), 0, 0
        # Raw deflate, without zlib's own frame.
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        for chunk in chunks:
            digest.update(chunk)
            crc32 = zlib.crc32(chunk, crc32)
            size += len(chunk)
            _check(name, size)
            self._put(packer.compress(chunk))
        self._put(packer.flush())
        packed = self.offset - data_start
        _check(name, packed)
        self._put(_DESCRIPTOR.pack(b"PK\x07\x08", crc32, packed, size))
        return Member(name, start, size, packed, crc32, digest.digest(), deflated=True)

    def close(self, members: Iterable[Member]) -> None:
        """Write the directory: every member of the archive, those that other writers wrote included, in any order."""
        start, count = self.offset, 0
        for member in members:
            self._directory_entry(member)
            count += 1
        self._end(count, start, self.offset - start)

    def _local_header(self, member: Member, flags: int) -> None:
        name = member.name.encode()
        method = _DEFLATED if member.deflated else _STORED
        self._put(
            _LOCAL.pack(
                b"PK\x03\x04",
                _VERSION,
                flags,
                method,
                *self._dos_time,
                member.crc32,
                member.packed,
                member.size,
                len(name),
                0,
            )
            + name
        )

    def _directory_entry(self, member: Member) -> None:
        name = member.name.encode()
        far = member.offset >= _MAX_32
        extra = _ZIP64_EXTRA.pack(1, 8, member.offset) if far else b""
        self._put(
            _DIRECTORY.pack(
                b"PK\x01\x02",
                _MADE_BY,
                _VERSION,
                _UTF8 | (_DESCRIPTOR_FOLLOWS if member.deflated else 0),
                _DEFLATED if member.deflated else _STORED,
                *self._dos_time,
                member.crc32,
                member.packed,
                member.size,
                len(name),
                len(extra),
                0,
                0,
                0,
                _MODE,
                _MAX_32 if far else member.offset,
            )
            + name
            + extra
        )

    def _end(self, count: int, start: int, size: int) -> None:
        if count >= _MAX_16 or start >= _MAX_32 or size >= _MAX_32:
            zip64 = self.offset
            # The record's own size is counted from the field behind it.
            rest = _ZIP64_END.size - 12
            self._put(_ZIP64_END.pack(b"PK\x06\x06", rest, _MADE_BY, _VERSION, 0, 0, count, count, size, start))
            self._put(_ZIP64_LOCATOR.pack(b"PK\x06\x07", 0, zip64, 1))
        self._put(
            _END.pack(
                b"PK\x05\x06",
                0,
                0,
                min(count, _MAX_16),
                min(count, _MAX_16),
                min(size, _MAX_32),
                min(start, _MAX_32),
                0,
            )
        )

    def _put(self, data: bytes) -> None:
        if data:
            self.write(data)
            self.offset += len(data)


def lines(rows: Iterable[str], *, size: int = 64 * 1024) -> Iterator[bytes]:
    """Join text into chunks of about `size` bytes, so that a file of a million lines is not a million writes."""
    waiting: list[str] = []
    length = 0
    for row in rows:
        waiting.append(row)
        length += len(row)
        if length >= size:
            yield "".join(waiting).encode()
            waiting, length = [], 0
    if waiting:
        yield "".join(waiting).encode()


def _check(name: str, size: int) -> None:
    if size >= _MAX_32:
        raise TooLarge(f"{name} has 4 GiB or more.")
