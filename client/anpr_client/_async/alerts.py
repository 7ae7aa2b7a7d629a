"""Wanted plates, and the passages that hit them."""

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from anpr_client._async.transport import AsyncTransport
from anpr_client.calls import Call, path_of
from anpr_client.models import BoloList, Entry, Hit, ImportReport

_NEXT: Final = re.compile(r'<([^>]*)>;\s*rel="next"')


class AsyncBolos:
    """Wanted plates, and the lists that they are on."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    def lists(self) -> AsyncIterator[BoloList]:
        """List the lists, newest first."""
        return self._transport.pages(Call(method="GET", path="/bolos/lists"), BoloList)

    async def create_list(self, name: str, **fields: Any) -> BoloList:
        """Make a list.

        Args:
            name: must be new.
            fields: `description`, `priority`, `active`, `alert_interval_s`.
        """
        call = Call(method="POST", path="/bolos/lists", json={"name": name, **fields})
        return await self._transport.ask(call, BoloList)

    def entries(self, *, list_id: UUID | str | None = None, **filters: Any) -> AsyncIterator[Entry]:
        """List wanted plates, newest first.

        Args:
            list_id: on this list.
            filters: `plate`, `case_number`, `active`.
        """
        params = {"list_id": list_id, **filters}
        return self._transport.pages(Call(method="GET", path="/bolos", params=params), Entry)

    async def add(self, list_id: UUID | str, pattern: str, **fields: Any) -> Entry:
        """Want a plate, a pattern with `?` and `*`, or (with `kind="regex"`) a regular expression.

        Args:
            list_id: the list.
            pattern: what is wanted.
            fields: `kind`, `tolerance`, `region`, `vehicle`, `reason`, `case_number`, `valid_from`, `valid_until`,
                `active`, `confirm_broad`, `search_back_days`.
        """
        body = {"list_id": list_id, "pattern": pattern, **fields}
        return await self._transport.ask(Call(method="POST", path="/bolos", json=body), Entry)

    async def update(self, entry_id: UUID | str, **fields: Any) -> Entry:
        """Change what is given of a wanted plate."""
        call = Call(method="PATCH", path=path_of("bolos", entry_id), json=fields, repeatable=True)
        return await self._transport.ask(call, Entry)

    async def import_csv(
        self, list_id: UUID | str, file: Path | str | bytes, *, dry_run: bool = False, confirm_broad: bool = False
    ) -> ImportReport:
        """Add a file's rows to a list; rows that are wrong are reported and left out.

        Args:
            list_id: the list.
            file: CSV whose first line names the columns, of which `plate` is required; or its content.
            dry_run: only say what would be done.
            confirm_broad: take patterns even if they match much of the traffic.
        """
        content = file if isinstance(file, bytes) else Path(file).read_bytes()
        call = Call(
            method="POST",
            path=path_of("bolos", "lists", list_id, "import"),
            params={"dry_run": dry_run, "confirm_broad": confirm_broad},
            content=gzip.compress(content, mtime=0),
            headers={"content-type": "application/gzip"},
            repeatable=True,
        )
        return await self._transport.ask(call, ImportReport)

    async def export_csv(self, list_id: UUID | str) -> str:
        """Get a list's entries in the form of an import, whole."""
        parts: list[str] = []
        cursor: str | None = None
        while True:
            path = path_of("bolos", "lists", list_id, "export")
            response = await self._transport.send(Call(method="GET", path=path, params={"cursor": cursor}))
            # Each part begins with the line that names the columns.
            parts.append(response.text if not parts else response.text.partition("\n")[2])
            following = _NEXT.search(response.headers.get("link", ""))
            if following is None:
                return "".join(parts)
            cursor = parse_qs(urlsplit(following[1]).query)["cursor"][0]


class AsyncHits:
    """Passages that matched wanted plates."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    def list(self, **filters: Any) -> AsyncIterator[Hit]:
        """List hits, the latest capture first.

        Args:
            filters: `list_id`, `bolo_id`, `event_id`, `camera_id`, `status`, `alert`, `historical`, `captured_from`,
                `captured_to`, `limit` (of a page).
        """
        return self._transport.pages(Call(method="GET", path="/bolos/hits", params=filters), Hit)

    async def get(self, hit_id: UUID | str) -> Hit:
        """Get one hit."""
        return await self._transport.ask(Call(method="GET", path=path_of("bolos", "hits", hit_id)), Hit)

    async def judge(self, hit_id: UUID | str, status: str, *, note: str = "") -> Hit:
        """Say what a hit was: `verified`, `wrong_read`, `wrong_vehicle`, `dismissed`, or `unverified` again."""
        body = {"status": status, "note": note}
        call = Call(method="PATCH", path=path_of("bolos", "hits", hit_id), json=body, repeatable=True)
        return await self._transport.ask(call, Hit)
