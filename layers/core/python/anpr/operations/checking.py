"""`anpr check`: whether a set-up that stands is whole, each part in a line; whoever runs one asks for it."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import urllib3
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from anpr import bootstrap, migrations
from anpr.db import Database
from anpr.errors import AnprError
from anpr.messages import upload_key
from anpr.operations import queues
from anpr.ports import BlobStore, Checked, PresignedUpload, Secret
from anpr.settings import DatabaseSettings

_FILE: Final = b"anpr check"
_TYPE: Final = "video/mp4"
_TIMEOUT: Final = urllib3.Timeout(connect=5, read=15)
_CLOCKS_S: Final = 30
_HELD: Final = text("SELECT current_user, current_setting('statement_timeout'), clock_timestamp()")
_KEYS: Final = (Secret.WEBHOOK_KEY, Secret.ANCHOR_KEY, Secret.NOTICE_KEY)


def check() -> Iterator[Checked]:
    """Look at each part of the set-up that the settings name; a part that fails keeps the others from nothing.

    A small file is stored by a form, as a client does it, and removed again. Nothing else is changed.
    """
    yield from _part("keys", _keys)
    yield from _part("database", _database)
    yield from _part("queue", _queue)
    yield from _part("storage", _storage)


def _part(name: str, look: Callable[[], Iterator[Checked]]) -> Iterator[Checked]:
    try:
        yield from look()
    except AnprError as error:
        yield Checked(name, good=False, said=error.explained)
    except DBAPIError as error:
        yield Checked(name, good=False, said=str(error.orig))
    except (OSError, ValueError, urllib3.exceptions.HTTPError) as error:
        yield Checked(name, good=False, said=str(error))


def _keys() -> Iterator[Checked]:
    store = bootstrap.secret_store()
    missing = [name.value for name in _KEYS if not store.get(name)]
    said = f"missing: {', '.join(missing)}; `anpr init` makes them" if missing else "all there"
    yield Checked("keys", good=not missing, said=said)


def _database() -> Iterator[Checked]:
    settings = DatabaseSettings()
    database = bootstrap.database(settings)
    try:
        yield from _connection(database, settings)
        behind = migrations.is_behind(database.engine)
        yield Checked(
            "schema", good=not behind, said="older than this version; run migrate" if behind else "up to date"
        )
        if not behind:
            with database.transaction() as session:
                yield from bootstrap.look(session)
    finally:
        database.engine.dispose()


def _connection(database: Database, settings: DatabaseSettings) -> Iterator[Checked]:
    began = time.monotonic()
    with database.transaction() as session:
        session.execute(text("SELECT 1"))
    opened_s = time.monotonic() - began
    began = time.monotonic()
    with database.transaction() as session:
        role, limit, clock = session.execute(_HELD).one()
    taken_ms = (time.monotonic() - began) * 1000
    url = database.engine.url
    yield Checked(
        "database", good=True, said=f"{url.host}:{url.port}, {opened_s:.1f} s to open, {taken_ms:.0f} ms a query"
    )
    if settings.role is None:
        yield Checked("role", good=None, said=f"{role}; processes but migrate should have ANPR_DB_ROLE=anpr_app")
    else:
        yield Checked("role", good=role == settings.role, said=f"{role}, with a limit of {limit} a statement")
    apart_s = abs((datetime.now(UTC) - clock).total_seconds())
    yield Checked("clocks", good=apart_s < _CLOCKS_S, said=f"{apart_s:.0f} s apart from the database's")


def _queue() -> Iterator[Checked]:
    queue = bootstrap.job_queue()
    queue.check()
    yield Checked("queue", good=True, said=f"{queue.depth()} jobs wait in {queues.JOBS}")


def _storage() -> Iterator[Checked]:
    blobs = bootstrap.blob_store()
    blobs.check()
    key = upload_key(uuid4())
    form = blobs.presign_upload(key, content_type=_TYPE, size_bytes=len(_FILE), expires_in_s=300)
    try:
        yield from _stored(blobs, key, form)
    finally:
        blobs.delete([key])
    gone = blobs.info(key) is None
    yield Checked("deletion", good=gone, said="what was stored is gone" if gone else f"{key} is still there")


def _stored(blobs: BlobStore, key: str, form: PresignedUpload) -> Iterator[Checked]:
    with urllib3.PoolManager(timeout=_TIMEOUT, retries=False) as http:
        status = _send(http, form, _FILE)
        info = blobs.info(key)
        good = info is not None and (info.size_bytes, info.content_type) == (len(_FILE), _TYPE)
        yield Checked("form", good=good, said=f"{form.method} {form.url}: {status}")
        if not good:
            return
        link = http.request("GET", blobs.presign_get(key))
        yield Checked("link", good=link.data == _FILE, said=f"{link.status}")
        held = _send(http, form, _FILE + b"!") >= 400
        yield Checked(
            "size", good=held or None, said="held by the storage" if held else "not held; `complete` compares"
        )


def _send(http: urllib3.PoolManager, form: PresignedUpload, content: bytes) -> int:
    """Send a file as a client does; gives the answer's status."""
    if form.method == "PUT":
        return http.request("PUT", form.url, body=content, headers=form.headers).status
    fields: list[tuple[str, str | tuple[str, bytes, str]]] = [*form.fields.items()]
    fields.append(("file", ("check.mp4", content, _TYPE)))
    return http.request("POST", form.url, fields=fields, headers=form.headers).status
