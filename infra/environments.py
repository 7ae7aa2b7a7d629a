"""The environments this backend is deployed to: everything that differs between them, and nothing else."""

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Environment:
    """One deployment's decisions.

    Attributes:
        name: part of the stack's name and of its secrets' names.
        layer_target: what the third-party layer's compiled wheels are for: Lambda's arm64 processors, or this very
            interpreter, on which the emulator runs every function.
        database_secret: name of the secret with the database's address and credentials, in the shape that RDS writes.
        database_tls: whether the database is reached by TLS.
        admin_email: login of the first administrator; its password is generated into a secret.
        browser_origins: web pages that may call the API and post files to the bucket.
        keep_data: whether removing the stack leaves the footage and the secrets behind.
        event_tap: whether a queue subscribes to every event on the bus, for people and tests to look at.
        upload_days: how long an upload's source file is kept.
        evidence_days: how long crops and frames of passages without a hit are kept.
        event_days: how long passages without a hit are kept.
        hit_days: how long passages with a hit are kept, with their crops and frames.
        audit_days: how long audit records are kept; at least 90.
        license_issuers: public keys of those whose licences count, as `anpr license keygen` prints them; without any,
            nothing is limited.
        log_days: how long logs are kept; one of the periods CloudWatch knows.
        log_level: of the functions.
        tracing: whether X-Ray traces are recorded.
        webhook_networks: private networks that webhooks may be sent to all the same, by plain http too.
    """

    name: str
    layer_target: Literal["arm64", "host"]
    database_secret: str
    database_tls: bool = True
    admin_email: str = "admin@example.com"
    browser_origins: tuple[str, ...] = ()
    keep_data: bool = True
    event_tap: bool = False
    upload_days: int = 30
    evidence_days: int = 30
    event_days: int = 90
    hit_days: int = 365
    audit_days: int = 730
    license_issuers: tuple[str, ...] = ()
    log_days: Literal[7, 30, 365] = 30
    log_level: Literal["INFO", "WARNING"] = "INFO"
    tracing: bool = True
    webhook_networks: tuple[str, ...] = ()


LOCAL: Final = Environment(
    name="local",
    layer_target="host",
    database_secret="anpr/local/database",  # noqa: S106 - a name
    database_tls=False,
    browser_origins=("*",),
    keep_data=False,
    event_tap=True,
    # In the emulator each line that a function flushes costs the request 25 ms.
    log_level="WARNING",
    tracing=False,
    # For receivers on the same machine.
    webhook_networks=("127.0.0.0/8",),
)
DEV: Final = Environment(
    name="dev",
    layer_target="arm64",
    database_secret="anpr/dev/database",  # noqa: S106 - a name
    browser_origins=("http://localhost:3000",),
    keep_data=False,
    event_tap=True,
    log_days=7,
)
PROD: Final = Environment(
    name="prod",
    layer_target="arm64",
    database_secret="anpr/prod/database",  # noqa: S106 - a name
    log_days=365,
)

ENVIRONMENTS: Final = {environment.name: environment for environment in (LOCAL, DEV, PROD)}
