"""`anpr backup` and `anpr restore`: the database's dump, every object with its SHA-256, and the keys, in one folder.

The database is dumped first: an object that is stored after that has no row in the dump, and the retention deletes it.
The folder holds every key and all footage: it is worth as much protection as the server itself.
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, select, text
from sqlalchemy.schema import DropSchema

from anpr import bootstrap
from anpr.db import RDS_AUTHORITIES, Database
from anpr.errors import Conflict, NotFound, Unavailable
from anpr.governance import audit_verification
from anpr.governance.audit_verification import Thoroughness
from anpr.messages import CROPS_PREFIX, EXPORTS_PREFIX, FRAMES_PREFIX, UPLOADS_PREFIX
from anpr.models import Camera, Event, Upload
from anpr.ports import BlobStore, Secret
from anpr.settings import DatabaseSettings

DUMP: Final = "database.dump"
LISTING: Final = "objects.jsonl"
OBJECTS: Final = "objects"
ANCHORS: Final = "anchors.jsonl"
KEYS: Final = "keys.json"
_PREFIXES: Final = (UPLOADS_PREFIX, CROPS_PREFIX, FRAMES_PREFIX, EXPORTS_PREFIX)
_PAGE: Final = 1000
_TIMEOUT_S: Final = 6 * 3600
_PIECE: Final = 1024**2
_PART: Final = 16 * 1024**2


@dataclass(frozen=True, slots=True)
class Summary:
    """What a backup holds, or what was restored of one.

    Attributes:
        objects: how many.
        size_bytes: of all objects.
        missing: keys of objects that went while they were being copied.
    """

    objects: int
    size_bytes: int
    missing: tuple[str, ...] = ()


def backup(target: Path, *, pg_dump: str = "pg_dump") -> Summary:
    """Back everything up into a folder.

    Args:
        target: made for its owner alone; it must not be there yet.
        pg_dump: PostgreSQL's own program, not older than the server.

    Raises:
        FileExistsError: the folder is there.
        Unavailable: a server does not answer, or the dump failed.
    """
    target.mkdir(mode=0o700, parents=True)
    database = bootstrap.database()
    try:
        schema = _own_schema(database.engine)
        # Where we have a schema of our own, the rest of the database is somebody else's.
        ours = [] if schema is None else [f"--schema={schema}"]
        _run_tool(database.engine, [pg_dump, "--format=custom", "--no-owner", *ours, f"--file={target / DUMP}"])
        summary = _copy_objects(bootstrap.blob_store(), target)
        _copy_anchors(target)
    finally:
        database.engine.dispose()
    secrets = bootstrap.secret_store()
    keys = {name.value: value for name in Secret if (value := secrets.get(name)) is not None}
    _write_private(target / KEYS, json.dumps(keys))
    return summary


def restore(source: Path, *, pg_restore: str = "pg_restore") -> Summary:
    """Restore a backup into a set-up that was just made and is empty, and prove that it is whole.

    Args:
        source: what `backup` wrote.
        pg_restore: PostgreSQL's own program.

    Raises:
        Conflict: the set-up is not empty, the backup is not what it was, or the audit log is not whole.
        Unavailable: a server does not answer, or the dump could not be read.
    """
    listed = _lines(source / LISTING)
    _compare(source, listed)
    database = bootstrap.database()
    try:
        _refuse_full(database)
        # What the set-up made is dropped: the dump has it all, and the rows too.
        clean = [] if _drop_own_schema(database.engine) else ["--clean", "--if-exists"]
        command = [pg_restore, *clean, "--no-owner", "--single-transaction", "--exit-on-error"]
        _run_tool(database.engine, [*command, f"--dbname={database.engine.url.database}"], source / DUMP)
        # A backup may be of an older version, and what others' tables have of ours, such as a trigger, is in no dump.
        bootstrap.upgrade(database.engine)
        _put_objects(source, listed)
        _put_anchors(_lines(source / ANCHORS))
        secrets = bootstrap.secret_store()
        for name, value in json.loads((source / KEYS).read_text()).items():
            secrets.put(name, value)
        # Connections of before would meet tables that are gone.
        database.engine.dispose()
        with database.transaction() as session:
            # The restored objects have other versions than those that were read.
            session.execute(text("UPDATE uploads SET source_version_id = NULL, replacement_version_id = NULL"))
        _verify(database)
    finally:
        database.engine.dispose()
    return Summary(len(listed), sum(each["size_bytes"] for each in listed))


def _own_schema(engine: Engine) -> str | None:
    """The schema that is ours alone; None where the database is."""
    with engine.connect() as connection:
        schema: str = connection.execute(text("SELECT current_schema()")).scalar_one()
    return None if schema == "public" else schema


def _drop_own_schema(engine: Engine) -> bool:
    """Drop a schema of our own, with all that hangs on it elsewhere; tells whether there is one."""
    schema = _own_schema(engine)
    if schema is None:
        return False
    with engine.begin() as connection:
        connection.execute(DropSchema(schema, cascade=True))
    return True


def _copy_objects(blobs: BlobStore, target: Path) -> Summary:
    count, size, missing = 0, 0, []
    with (target / LISTING).open("w") as listing:
        for key in _keys(blobs):
            path = target / OBJECTS / key
            path.parent.mkdir(parents=True, exist_ok=True)
            info = blobs.info(key)
            try:
                blobs.download(key, path)
            except NotFound:
                info = None
            if info is None:
                missing.append(key)
                continue
            digest, length = _digest(path)
            entry = {"key": key, "size_bytes": length, "content_type": info.content_type, "sha256": digest}
            listing.write(json.dumps(entry) + "\n")
            count, size = count + 1, size + length
    return Summary(count, size, tuple(missing))


def _keys(blobs: BlobStore) -> Iterator[str]:
    for prefix in _PREFIXES:
        after = ""
        while page := blobs.list_keys(prefix, after=after, limit=_PAGE):
            yield from (key for key, _ in page)
            after = page[-1][0]


def _compare(source: Path, listed: Sequence[dict[str, Any]]) -> None:
    for each in listed:
        path = source / OBJECTS / each["key"]
        if not path.is_file() or _digest(path)[0] != each["sha256"]:
            raise Conflict(f"The backup's {each['key']} is missing or is not what it was; nothing was restored.")


def _refuse_full(database: Database) -> None:
    with database.transaction() as session:
        for table in (Camera, Upload, Event):
            if session.scalar(select(table.id).limit(1)) is not None:
                raise Conflict(
                    f"There are {table.__tablename__} here already; a backup is restored into an empty set-up."
                )
    store = bootstrap.anchor_store()
    if store is not None and store.list():
        raise Conflict("The bucket of anchors is not empty; a backup is restored into an empty set-up.")


def _put_objects(source: Path, listed: Sequence[dict[str, Any]]) -> None:
    blobs, archive = bootstrap.blob_store(), bootstrap.archive_store()
    for each in listed:
        path, key, content_type = source / OBJECTS / each["key"], each["key"], each["content_type"]
        if each["size_bytes"] <= _PART:
            blobs.put(key, path.read_bytes(), content_type=content_type)
            continue
        multipart = archive.begin_multipart(key, content_type=content_type)
        with path.open("rb") as file:
            parts = iter(lambda: file.read(_PART), b"")
            tags = [archive.put_part(key, multipart, number, part) for number, part in enumerate(parts, 1)]
        archive.complete_multipart(key, multipart, tags)


def _copy_anchors(target: Path) -> None:
    store = bootstrap.anchor_store()
    with (target / ANCHORS).open("w") as file:
        for kept in () if store is None else store.list():
            body = b"" if store is None else store.read(kept)
            file.write(json.dumps({"key": kept.key, "body": body.decode()}) + "\n")


def _put_anchors(anchors: Sequence[dict[str, Any]]) -> None:
    store = bootstrap.anchor_store()
    if anchors and store is None:
        raise Conflict("The backup has anchors of the audit log; set ANPR_ANCHOR_BUCKET for them.")
    for each in anchors:
        if store is not None:
            store.add(each["key"], each["body"].encode())


def _verify(database: Database) -> None:
    with database.transaction() as session:
        found = audit_verification.verify(session, bootstrap.anchor_store(), Thoroughness())
    if found.findings:
        raise Conflict(f"The restored audit log is not whole: {' '.join(found.findings)}")


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _digest(path: Path) -> tuple[str, int]:
    digest, length = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            length += len(piece)
    return digest.hexdigest(), length


def _run_tool(engine: Engine, command: Sequence[str], *files: Path) -> None:
    """Run one of PostgreSQL's programs against the database that the settings name; its password is no argument."""
    program = shutil.which(command[0])
    if program is None:
        raise Unavailable(f"{command[0]} is not installed here; it comes with PostgreSQL's client.")
    url = engine.url
    environment = (
        os.environ
        | {
            "PGHOST": url.host or "",
            "PGPORT": str(url.port or 5432),
            "PGUSER": url.username or "",
            "PGDATABASE": url.database or "",
            "PGPASSWORD": url.password or "",
            "PGCONNECT_TIMEOUT": "10",
        }
        | _tls(DatabaseSettings())
    )
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own program
        [program, *command[1:], *map(str, files)],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        raise Unavailable(f"{command[0]} failed: {done.stderr.strip()[-500:]}")


def _tls(settings: DatabaseSettings) -> dict[str, str]:
    """What tells the tools to verify the server as we do; `rds` is a word of ours."""
    if not settings.ssl:
        return {}
    authorities = str(RDS_AUTHORITIES) if settings.ssl_root_cert == "rds" else settings.ssl_root_cert or "system"
    return {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": authorities}


def _write_private(path: Path, content: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
