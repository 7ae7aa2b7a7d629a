"""The command line of whoever sells licences, must trust the audit log, or runs the backend on servers of their own.

Licences are made offline: nothing is read but files, nothing is called. The audit commands read the database that the
`ANPR_DB_…` settings name, and the anchors that `ANPR_ANCHOR_BUCKET` names.
"""

import argparse
import getpass
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from anpr import bootstrap
from anpr.audit import Actor
from anpr.db import Database
from anpr.errors import AnprError
from anpr.governance import anchors, audit_log, audit_verification, license_keys, signing
from anpr.governance.anchors import Series
from anpr.governance.audit_log import Head
from anpr.governance.audit_verification import Thoroughness
from anpr.governance.license_keys import Feature, LicenseTerms
from anpr.operations import backup as backups
from anpr.operations import checking, installing, keys, queues, waiting
from anpr.ports import Secret


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the words after the program's name; the process's own by default.

    Returns:
        Exit status: 0 if all is well, 1 if what was checked is not, 2 if the command could not be carried out.
    """
    asked = _parser().parse_args(arguments)
    try:
        status: int = asked.command(asked)
    except (AnprError, ValidationError, ValueError, OSError) as error:
        sys.stderr.write(f"anpr: {error}\n")
        return 2
    return status


def _keygen(asked: argparse.Namespace) -> int:
    private, public = signing.new_signing_key()
    # Made readable by its owner alone from the start, and never over another key.
    descriptor = os.open(asked.private_key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(private)
    _say(f"ANPR_LICENSE_PUBLIC_KEYS={public}")
    return 0


def _issue(asked: argparse.Namespace) -> int:
    terms = LicenseTerms(
        holder=asked.holder,
        plan=asked.plan,
        cameras=asked.cameras,
        monthly_minutes=asked.monthly_minutes,
        features=tuple(Feature(name.strip()) for name in asked.features.split(",") if name.strip()),
        starts_on=asked.starts or datetime.now(UTC).date(),
        expires_on=asked.expires,
    )
    _say(license_keys.issue(terms, signing.read_private_key(asked.private_key.read_text())))
    return 0


def _show(asked: argparse.Namespace) -> int:
    key = sys.stdin.read() if asked.key == "-" else asked.key
    _say(license_keys.verify(key, [signing.read_public_key(asked.public_key)]).model_dump_json(indent=2))
    return 0


def _verify(asked: argparse.Namespace) -> int:
    store = bootstrap.anchor_store()
    with _database() as database, database.transaction() as session:
        found = audit_verification.verify(session, store, Thoroughness(key=asked.key))
        kept = asked.expect is None or audit_log.holds(session, asked.expect)
    findings = list(found.findings)
    if not kept:
        findings.append(f"Record {asked.expect.seq} is not the one whose hash was kept.")
    for finding in findings:
        _say(f"BROKEN: {finding}")
    for anchor in found.restarts:
        _say(f"begun anew by anchor {anchor.no} on {anchor.time:%Y-%m-%d %H:%M} UTC: {anchor.restart}")
    if findings:
        return 1
    _say("whole" if found.head is None else f"whole up to {found.head.seq}:{found.head.hash.hex()}")
    if store is None:
        _say("not held against anchors: ANPR_ANCHOR_BUCKET names no bucket of them")
    elif found.newest is None:
        _say("there are no anchors yet")
    else:
        newest = found.newest
        _say(f"as {found.anchors} anchors have it, the newest of record {newest.seq}, {newest.time:%Y-%m-%d %H:%M} UTC")
        _say(f"signed by {newest.key}")
    return 0


def _restart(asked: argparse.Namespace) -> int:
    store = bootstrap.anchor_store()
    if store is None:
        raise ValueError("ANPR_ANCHOR_BUCKET names no bucket of anchors")
    with _database() as database:
        series = Series(database, store, lambda: anchors.load_key(bootstrap.secret_store(), Secret.ANCHOR_KEY))
        made = series.restart(_who(), asked.reason, datetime.now(UTC))
    _say(f"anchor {made.no} begins anew at record {made.seq}")
    return 0


def _who() -> Actor:
    return Actor(None, f"{getpass.getuser()} at the command line")


@contextmanager
def _database() -> Iterator[Database]:
    database = bootstrap.database()
    try:
        yield database
    finally:
        database.engine.dispose()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="anpr", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    topics = parser.add_subparsers(required=True, metavar="TOPIC")
    _add_license(topics.add_parser("license", help="make and read licence keys").add_subparsers(required=True))
    _add_operations(topics)
    _add_audit(topics.add_parser("audit", help="check the audit log").add_subparsers(required=True))
    return parser


def _add_license(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    keygen = commands.add_parser(
        "keygen", help="make a key to sign licences with; prints the setting with its public half"
    )
    keygen.add_argument("--private-key", type=Path, required=True, metavar="FILE", help="new file for the private half")
    keygen.set_defaults(command=_keygen)

    issue = commands.add_parser("issue", help="print a licence key")
    issue.add_argument("--private-key", type=Path, required=True, metavar="FILE")
    issue.add_argument("--holder", required=True)
    issue.add_argument("--plan", required=True)
    issue.add_argument("--cameras", type=int, required=True, metavar="N")
    issue.add_argument("--monthly-minutes", type=int, required=True, metavar="N")
    issue.add_argument("--starts", type=date.fromisoformat, metavar="DATE", help="first day; today by default")
    issue.add_argument("--expires", type=date.fromisoformat, required=True, metavar="DATE", help="last day")
    issue.add_argument("--features", default="", metavar="A,B", help=f"of {', '.join(Feature)}")
    issue.set_defaults(command=_issue)

    show = commands.add_parser("show", help="check a licence key and print its terms")
    show.add_argument("--public-key", required=True, metavar="KEY")
    show.add_argument("key", help="the licence key; - reads it from the standard input")
    show.set_defaults(command=_show)


def _add_operations(topics: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    init = topics.add_parser("init", help="make the keys and passwords of a self-hosted deployment")
    init.add_argument("--dir", type=Path, default=Path("secrets"), help="folder for them, for its owner alone")
    init.add_argument("--admin-email", default="admin@example.com", help="login of the first administrator")
    init.add_argument("--supabase", action="store_true", help="the backend's own keys alone, for a Supabase project")
    init.set_defaults(command=_init)

    check = topics.add_parser("check", help="look at each part of a set-up that stands, a line each")
    check.set_defaults(command=_check)

    queue = topics.add_parser("queue", help="look at a queue's dead letters, and put them back")
    queue.add_argument("name", nargs="?", default=queues.JOBS, help=f"{queues.JOBS} (the default), or a consumer's")
    queue.add_argument("--put-back", nargs="*", metavar="ID", help="put these back on the queue; all if none is named")
    queue.add_argument("--limit", type=int, default=20, metavar="N", help="how many to show")
    queue.set_defaults(command=_queue)

    wait = topics.add_parser("wait", help="wait until the database has the schema that this version wants")
    wait.add_argument("--within", type=float, default=600, metavar="SECONDS", help="for so long at most")
    wait.set_defaults(command=_wait)

    signing = topics.add_parser("keys", help="list the keys that tokens are signed with, and retire replaced ones")
    signing.add_argument("--retire-others", action="store_true", help="believe none any more but the one that signs")
    signing.add_argument("--reason", metavar="TEXT", help="why; it stays in the audit log")
    signing.set_defaults(command=_keys)

    for name, act, words in (
        ("backup", _backup, "write the database, the objects and the keys into a folder"),
        ("restore", _restore, "restore such a folder into an empty set-up, and verify it"),
    ):
        command = topics.add_parser(name, help=words)
        command.add_argument("folder", type=Path)
        command.add_argument("--tools", type=Path, metavar="DIR", help="where pg_dump and pg_restore are")
        command.set_defaults(command=act)


def _backup(asked: argparse.Namespace) -> int:
    done = backups.backup(asked.folder, pg_dump=_tool(asked, "pg_dump"))
    for key in done.missing:
        _say(f"gone while it was copied: {key}")
    _say(f"{done.objects} objects, {done.size_bytes} bytes, with database and keys, in {asked.folder}")
    return 0


def _restore(asked: argparse.Namespace) -> int:
    done = backups.restore(asked.folder, pg_restore=_tool(asked, "pg_restore"))
    _say(f"{done.objects} objects, {done.size_bytes} bytes, database and keys restored; the audit log is whole")
    return 0


def _tool(asked: argparse.Namespace, name: str) -> str:
    return name if asked.tools is None else str(asked.tools / name)


def _init(asked: argparse.Namespace) -> int:
    if asked.supabase:
        made = installing.make_keys(asked.dir)
    else:
        made = installing.make_secrets(asked.dir, admin_email=asked.admin_email)
    _say(f"Made in {asked.dir}: {', '.join(made)}" if made else f"All is in {asked.dir} already.")
    return 0


def _wait(asked: argparse.Namespace) -> int:
    with _database() as database:
        waiting.await_schema(database.engine, timedelta(seconds=asked.within), _say)
    return 0


def _keys(asked: argparse.Namespace) -> int:
    if asked.retire_others and not asked.reason:
        raise ValueError("say why, by --reason: it stays in the audit log")
    with _database() as database:
        if asked.retire_others:
            for kid in keys.retire_others(database, bootstrap.secret_store(), _who(), asked.reason):
                _say(f"retired: {kid}")
        for line in keys.describe(database, bootstrap.secret_store()):
            _say(line)
    return 0


def _check(_asked: argparse.Namespace) -> int:
    bad = 0
    for found in checking.check():
        word = {True: "ok", False: "BAD", None: "note"}[found.good]
        _say(f"{word:<5}{found.part}: {found.said}")
        bad += found.good is False
    _say("all is well" if not bad else f"{bad} of these must be seen to")
    return 1 if bad else 0


def _queue(asked: argparse.Namespace) -> int:
    if asked.put_back is not None:
        _say(f"{queues.put_back(asked.name, asked.put_back)} put back")
        return 0
    for line in queues.describe(asked.name, asked.limit):
        _say(line)
    return 0


def _add_audit(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verify = commands.add_parser(
        "verify", help="walk the chain, and hold it against its anchors; prints its newest record, to be kept"
    )
    verify.add_argument("--expect", type=_head, metavar="SEQ:HASH", help="what an earlier run printed")
    verify.add_argument("--key", metavar="KEY", help="the public key of the anchors, as the set-up function told it")
    verify.set_defaults(command=_verify)
    restart = commands.add_parser(
        "restart", help="begin the anchors anew with the log as it is, such as after the database was restored"
    )
    restart.add_argument("--reason", required=True, metavar="TEXT", help="why; it stays visible for ever")
    restart.set_defaults(command=_restart)


def _head(text: str) -> Head:
    seq, _, digest = text.partition(":")
    return Head(int(seq), bytes.fromhex(digest))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
