"""What was posted, whatever its type: JSON, XML or a form of several parts; and reading values of it with care.

A device's message is a stranger's: each value is checked where it is taken, and what is wrong with it is said by its
place in the message.
"""

import base64
import binascii
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from typing import Any, Final

from anpr.errors import Unprocessable

_MAX_PARTS: Final = 20
_EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form."""

    name: str
    file_name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Payload:
    """A request's body.

    Attributes:
        content_type: as it came; devices often say nothing, or something else than they send.
        body: as it came.
        parts: its parts, if it is a form.
    """

    content_type: str
    body: bytes
    parts: tuple[Part, ...] = field(default=())

    @classmethod
    def of(cls, content_type: str, body: bytes) -> "Payload":
        """Take a body apart.

        Raises:
            Unprocessable: it says that it is a form, and is none.
        """
        header = Message()
        header["content-type"] = content_type or "application/octet-stream"
        boundary = header.get_boundary()
        if header.get_content_maintype() != "multipart" or boundary is None:
            return cls(content_type, body)
        return cls(content_type, body, tuple(_parts(body, boundary.encode())))

    def part(self, *names: str) -> bytes | None:
        """The content of the first part with one of these names, or of a file that is called so."""
        for wanted in names:
            for part in self.parts:
                if wanted in (part.name, part.file_name):
                    return part.content
        return None

    def json(self, *names: str) -> Any:
        """The JSON of the body, or of the part with one of these names.

        Raises:
            Unprocessable: it is none.
        """
        text = self.part(*names) if self.parts else self.body
        try:
            return json.loads(text or b"")
        except (ValueError, RecursionError) as error:
            raise Unprocessable(f"The message is no JSON: {error}.", errors=[{"pointer": ""}]) from error

    def xml(self, is_xml: str = "xml") -> ET.Element:
        """The XML of the body, or of the first part that is XML by its type or name; names without their namespaces.

        Raises:
            Unprocessable: it is none, or has a document type, which no device's message needs.
        """
        found = [
            part.content for part in self.parts if is_xml in part.content_type or part.file_name.endswith(f".{is_xml}")
        ]
        text = self.body if not self.parts else next(iter(found), b"")
        try:
            root = ET.fromstring(text, ET.XMLParser(target=_NoDoctype()))  # noqa: S314 - see `_NoDoctype`
        except (ET.ParseError, ValueError) as error:
            raise Unprocessable(f"The message is no XML: {error}.", errors=[{"pointer": ""}]) from error
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
        return root


class _NoDoctype(ET.TreeBuilder):
    """Refuses a document type: the entities that it could declare might expand without end."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """Called when there is one."""
        del name, pubid, system
        raise ValueError("it has a document type")


def _parts(body: bytes, boundary: bytes) -> list[Part]:
    """The parts of a form (RFC 7578). Bytes between are left as they are: pictures are no lines of text."""
    pieces = re.split(rb"(?:^|\r?\n)--" + re.escape(boundary) + rb"(?:--)?[ \t]*(?:\r?\n|$)", body)
    found = []
    for piece in pieces[: _MAX_PARTS + 1]:
        head, gap, content = _headed(piece)
        if not gap:
            continue
        header = Message()
        for line in head.decode("utf-8", "replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() and value.strip():
                header[name.strip()] = value.strip()
        told = header.get_param("name", "", header="content-disposition")
        file_name = header.get_filename("")
        found.append(Part(str(told or ""), str(file_name or ""), header.get_content_type(), content))
    if not found:
        raise Unprocessable("The message says that it is a form of several parts, and has none.")
    return found


def _headed(piece: bytes) -> tuple[bytes, bytes, bytes]:
    split = re.search(rb"\r?\n\r?\n", piece)
    return (piece, b"", b"") if split is None else (piece[: split.start()], split[0], piece[split.end() :])


def wrong(pointer: str, detail: str) -> Unprocessable:
    """The error of one value."""
    return Unprocessable(f"{pointer}: {detail}", errors=[{"pointer": pointer, "detail": detail}])


def object_at(value: Any, pointer: str) -> Mapping[str, Any]:
    """A value that must be an object."""
    if not isinstance(value, dict):
        raise wrong(pointer, "This must be an object.")
    return value


def list_at(value: Any, pointer: str) -> Sequence[Any]:
    """A value that must be a list."""
    if not isinstance(value, list):
        raise wrong(pointer, "This must be a list.")
    return value


def text_at(value: Any, pointer: str) -> str:
    """A value that must be a text, or a number that stands for one, and not be empty."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)) or not str(value).strip():
        raise wrong(pointer, "This must be a text, and not empty.")
    text = str(value).strip()
    if any(character < " " or "\ud800" <= character <= "\udfff" for character in text):
        raise wrong(pointer, "This has characters that are not of any text.")
    return text[:200]


def number_at(value: Any, pointer: str) -> float:
    """A value that must be a number, or a text of one."""
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise wrong(pointer, "This must be a number.") from error
    if number != number or number in (float("inf"), float("-inf")):  # noqa: PLR0124 - only NaN differs from itself
        raise wrong(pointer, "This must be a finite number.")
    return number


def share_at(value: Any, pointer: str, *, of: float = 1.0) -> float:
    """A confidence, from 0 to 1; of an engine that counts to another number, such as 100, its share of that."""
    return min(max(number_at(value, pointer) / of, 0.0), 1.0)


def moment_at(value: Any, pointer: str) -> datetime:
    """A time as ISO 8601 has it, or with a space; without a zone it is the camera's clock's."""
    text = text_at(value, pointer)
    try:
        # Some give ten-millionths of a second.
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError as error:
        raise wrong(pointer, "This must be a time, such as 2026-03-01T08:00:00Z.") from error


def epoch_at(value: Any, pointer: str) -> datetime:
    """A time in milliseconds since 1970, UTC."""
    try:
        at = datetime.fromtimestamp(number_at(value, pointer) / 1000, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise wrong(pointer, "This must be a time in milliseconds since 1970.") from error
    if at < _EARLIEST:
        raise wrong(pointer, "This must be a time in milliseconds since 1970; it is too early to be one.")
    return at


def picture_at(value: Any, pointer: str) -> bytes | None:
    """A picture in Base64, perhaps as a `data:` URL; None where there is none."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise wrong(pointer, "This must be a picture in Base64.")
    try:
        return base64.b64decode(re.sub(r"^data:[^,]*,|\s", "", value), validate=True)
    except (binascii.Error, ValueError) as error:
        raise wrong(pointer, "This must be a picture in Base64.") from error
