"""An archive store in memory: parts and objects in dictionaries, with S3's rules on parts."""

from collections.abc import Callable, Sequence
from uuid import uuid4

from anpr.errors import NotFound, Unavailable
from tests.memory import MemoryBlobs

MIN_PART = 5 * 1024**2


class MemoryArchives(MemoryBlobs):
    """Keeps what is written; `before_part` is called with each part's number before it is taken, and may raise."""

    def __init__(self) -> None:
        super().__init__()
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.before_part: Callable[[int], None] = lambda _number: None
        self.reads = 0

    def read(self, key: str) -> bytes:
        self.check()
        self.reads += 1
        if key not in self.objects:
            raise NotFound("no such object")
        return self.objects[key]

    def begin_multipart(self, key: str, *, content_type: str) -> str:
        assert key
        assert content_type == "application/zip"
        self.check()
        multipart_id = str(uuid4())
        self.uploads[multipart_id] = {}
        return multipart_id

    def multipart_exists(self, key: str, multipart_id: str) -> bool:
        assert key
        return multipart_id in self.uploads

    def put_part(self, key: str, multipart_id: str, number: int, body: bytes) -> str:
        assert key
        self.check()
        self.before_part(number)
        self._parts(multipart_id)[number] = body
        return f"{number}-{len(body)}"

    def complete_multipart(self, key: str, multipart_id: str, etags: Sequence[str]) -> None:
        self.check()
        parts = self._parts(multipart_id)
        chosen = [parts[number] for number in range(1, len(etags) + 1)]
        assert [f"{number}-{len(part)}" for number, part in enumerate(chosen, 1)] == list(etags)
        if any(len(part) < MIN_PART for part in chosen[:-1]):
            raise Unavailable("EntityTooSmall")
        self.objects[key] = b"".join(chosen)
        del self.uploads[multipart_id]

    def abort_multipart(self, key: str, multipart_id: str) -> None:
        assert key
        self.uploads.pop(multipart_id, None)

    def _parts(self, multipart_id: str) -> dict[int, bytes]:
        if multipart_id not in self.uploads:
            raise NotFound("no such upload")
        return self.uploads[multipart_id]
