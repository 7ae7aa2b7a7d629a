"""Passages, people's verdicts on them, and exports."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import UUID

from anpr_client._async.pausing import sleep
from anpr_client._async.transport import AsyncTransport
from anpr_client.calls import Call, path_of
from anpr_client.errors import TimedOut
from anpr_client.files import Progress
from anpr_client.models import Event, Export, Model, Review, Verdict

# A passage is dated at the start of the transaction that records it, and seen once that has ended.
_OVERLAP = timedelta(seconds=30)


class Reviews(Model):
    """Several reviews."""

    items: list[Review]


class Verdicts(Model):
    """Several verdicts."""

    items: list[Verdict]


class AsyncEvents:
    """What passed before the cameras."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    def search(self, plate: str | None = None, *, reason: str | None = None, **filters: Any) -> AsyncIterator[Event]:
        """Find passages, newest first; pages are fetched as they are needed.

        Args:
            plate: a plate, or a pattern with `?` for one character and `*` for any run.
            reason: why a plate is searched for; kept in the audit log.
            filters: `camera_id` (one or several), `captured_from`, `captured_to`, `processed_from`, `match` (`exact`,
                `wildcard`, `fuzzy`), `max_edits`, `min_score`, `readable`, `review_status`, `limit` (of a page).
        """
        params = {"plate": plate, "reason": reason, **filters}
        return self._transport.pages(Call(method="GET", path="/events", params=params), Event)

    async def get(self, event_id: UUID | str) -> Event:
        """Get one passage."""
        return await self._transport.ask(Call(method="GET", path=path_of("events", event_id)), Event)

    def watch(self, *, since: datetime | None = None, **filters: Any) -> AsyncIterator[Event]:
        """Give each passage as it is recorded, whenever it was captured; it never ends.

        Args:
            since: also those recorded since then; from this call on by default, some of the second before it included.
            filters: as for `search`, without a plate.
        """
        return self._watched(since, monotonic(), filters)

    async def _watched(
        self, since: datetime | None, called_s: float, filters: Mapping[str, Any]
    ) -> AsyncIterator[Event]:
        # Nothing was asked yet when it was called: what was recorded since then would be missed.
        start = since or await self._server_time() - timedelta(seconds=monotonic() - called_s)
        seen: dict[UUID, datetime] = {}
        while True:
            newest = max(seen.values(), default=start)
            after = max(newest - _OVERLAP, start)
            fresh = [event async for event in self.search(processed_from=after, **filters) if event.id not in seen]
            for event in sorted(fresh, key=lambda one: one.processed_at):
                seen[event.id] = event.processed_at
                yield event
            # What the next look cannot find again need not be known any more.
            seen = {known: at for known, at in seen.items() if at >= newest - 2 * _OVERLAP}
            await sleep(self._transport.options.poll_s)

    async def image(self, url: str) -> bytes:
        """Fetch a picture by a passage's `crop_url` or `frame_url`."""
        async with self._transport.stream(url) as response:
            return await response.aread()

    async def _server_time(self) -> datetime:
        """What the backend's clock says: this machine's may be wrong."""
        response = await self._transport.send(Call(method="GET", path="/events", params={"limit": 1}))
        told = response.headers.get("date")
        return datetime.now(UTC) if told is None else parsedate_to_datetime(told)


class AsyncFeedback:
    """People's judgement of the machine's reads."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def queue(self, *, limit: int = 50, cameras: Sequence[UUID | str] = ()) -> list[Review]:
        """See what most needs a person, the most urgent first."""
        call = Call(method="GET", path="/feedback/queue", params={"limit": limit, "camera_id": list(cameras)})
        return (await self._transport.ask(call, Reviews)).items

    async def claim(self, count: int = 1, *, cameras: Sequence[UUID | str] = ()) -> list[Review]:
        """Claim the next events to review, so that nobody else works on them."""
        body = {"count": count, "camera_ids": list(cameras)}
        return (await self._transport.ask(Call(method="POST", path="/feedback/claims", json=body), Reviews)).items

    async def confirm(self, event_id: UUID | str, *, note: str = "", supersedes: UUID | None = None) -> Verdict:
        """Say that the machine read it right."""
        return await self._judge(event_id, {"verdict": "confirmed", "note": note, "supersedes": supersedes})

    async def correct(self, event_id: UUID | str, plate: str, **details: Any) -> Verdict:
        """Say what it really reads.

        Args:
            event_id: the passage.
            plate: the right text.
            details: `region`, `note`, `supersedes`.
        """
        return await self._judge(event_id, {"verdict": "corrected", "plate": plate, **details})

    async def reject(self, event_id: UUID | str, reason: str, **details: Any) -> Verdict:
        """Say that there is no plate to be read.

        Args:
            event_id: the passage.
            reason: `not_a_plate`, `unreadable` or `wrong_vehicle`.
            details: `note`, `supersedes`.
        """
        return await self._judge(event_id, {"verdict": "rejected", "reject_reason": reason, **details})

    async def undo(self, verdict_id: UUID | str) -> Verdict:
        """Take back a verdict."""
        call = Call(method="POST", path=path_of("feedback", "verdicts", verdict_id, "undo"))
        return await self._transport.ask(call, Verdict)

    async def history(self, event_id: UUID | str) -> list[Verdict]:
        """List the verdicts on an event, newest first."""
        call = Call(method="GET", path=path_of("feedback", "events", event_id))
        return (await self._transport.ask(call, Verdicts)).items

    async def _judge(self, event_id: UUID | str, verdict: dict[str, Any]) -> Verdict:
        # The same verdict given twice counts once.
        path = path_of("feedback", "events", event_id)
        return await self._transport.ask(Call(method="POST", path=path, json=verdict, repeatable=True), Verdict)


class AsyncExports:
    """Archives of events."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(self, reason: str, *, contents: Sequence[str] = ("crops",), **filters: Any) -> Export:
        """Ask for an archive.

        Args:
            reason: why; kept in the audit log.
            contents: `crops`, `yolo`, `coco`, `csv`, `jsonl`.
            filters: `captured_from`, `captured_to`, `camera_ids`, `statuses`, `validation_share`, `notify`.
        """
        body = {"reason": reason, "contents": list(contents), **filters}
        return await self._transport.ask(Call(method="POST", path="/exports", json=body), Export)

    def list(self) -> AsyncIterator[Export]:
        """List exports, newest first."""
        return self._transport.pages(Call(method="GET", path="/exports"), Export)

    async def get(self, export_id: UUID | str) -> Export:
        """Get one export."""
        return await self._transport.ask(Call(method="GET", path=path_of("exports", export_id)), Export)

    async def watch(self, export_id: UUID | str) -> AsyncIterator[Export]:
        """Look at an export again and again until it is over; the last one is its end."""
        while True:
            export = await self.get(export_id)
            yield export
            if export.over:
                return
            await sleep(self._transport.options.poll_s)

    async def follow(self, export_id: UUID | str, *, timeout_s: float | None = None) -> Export:
        """Wait until an export is over, and return it: ready, failed (with its reason) or expired.

        Raises:
            TimedOut: it took longer than `timeout_s`.
        """
        waited_s = 0.0
        async for export in self.watch(export_id):
            if not export.over and timeout_s is not None and waited_s >= timeout_s:
                raise TimedOut(f"The export {export_id} is still {export.status} after {timeout_s:g} s.")
            waited_s += self._transport.options.poll_s
        return export

    async def download(self, export_id: UUID | str, to: Path | str, *, on_progress: Progress | None = None) -> Path:
        """Fetch an export's archive; the file is there whole or not at all.

        Args:
            export_id: an export that is ready.
            to: the file to write.
            on_progress: told how many bytes of how many have come.
        """
        call = Call(method="POST", path=path_of("exports", export_id, "link"), repeatable=True)
        link = await self._transport.ask(call, dict[str, str])
        target = Path(to)
        beside = target.with_name(f"{target.name}.part")
        try:
            async with self._transport.stream(link["url"]) as response:
                size = int(response.headers.get("content-length", 0))
                with beside.open("wb") as file:
                    async for chunk in response.aiter_bytes(1024**2):
                        file.write(chunk)
                        if on_progress is not None:
                            on_progress(file.tell(), size)
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
        return target
