"""The environments this backend is deployed to: everything that differs between them, and nothing else."""

from dataclasses import dataclass
from typing import Final, Literal

from infra.scaling import ScalingPolicy

EMULATED_DATABASE_SECRET: Final = "anpr/local/database"  # noqa: S105 - a name
"""Where the one-machine run says how its database is reached, in the shape that RDS writes."""

_SCALING: Final = ScalingPolicy(most=4, most_fallback=2, jobs_per_worker=10)


@dataclass(frozen=True, slots=True)
class Environment:
    """One deployment's decisions.

    Attributes:
        name: part of the stacks' names.
        layer_target: what the third-party layer's compiled wheels are for: Lambda's arm64 processors, or this very
            interpreter, on which the emulator runs every function.
        admin_email: login of the first administrator; its password is generated into a secret.
        browser_origins: web pages that may call the API and post files to the bucket.
        keep_data: whether removing the stack leaves the footage and the secrets behind.
        event_tap: whether a queue subscribes to every event on the bus, for people and tests to look at.
        upload_days: how long an upload's source file is kept.
        evidence_days: how long crops and frames of passages without a hit are kept.
        event_days: how long passages without a hit are kept.
        hit_days: how long passages with a hit are kept, with their crops and frames.
        audit_days: how long audit records are kept; at least 90.
        anchor_lock_days: for how many days nobody at all can delete an anchor of the audit log, nor the bucket that it
            lies in; 0 for no lock. Once an anchor is stored, the time that it was stored for cannot be made shorter.
        license_issuers: public keys of those whose licences count, as `anpr license keygen` prints them; without any,
            nothing is limited.
        log_days: how long logs are kept; one of the periods CloudWatch knows.
        log_level: of the functions.
        tracing: whether X-Ray traces are recorded.
        webhook_networks: private networks that webhooks may be sent to all the same, by plain http too.
        emulated: whether it is the one-machine run: the core stack alone, in an emulator that knows few resource types,
            with a database that somebody else brings.
        database_max_acus: the most capacity units (2 GiB of memory each) that the database grows to; the least is none.
        database_pause_minutes: how long nobody may be connected before the database pauses, 5 at least.
        database_standby: whether a second instance, in another zone, takes over within a minute.
        database_backup_days: for how many days back the database can be restored to any second, 35 at most.
        quiet_minutes: how long nothing must have happened for the scheduled sweeps to leave the database in peace.
        way_out: how functions in the network reach AWS: by IPv6, for nothing; or by an interface endpoint of each
            service, for 73 US dollars a month, where IPv6 is missing or traffic must not leave the network.
        snap_start: whether the API's functions start from snapshots, which are paid for by the hour.
        worker: what recognition runs on: instances with a GPU, or containers on plain processors.
        worker_instances: types of instances with a GPU, the cheapest first.
        scaling: how many workers there are for how much work.
        stream_tasks: how many processes read cameras' live streams, all day; 0 where no camera streams.
        stream_cameras: how many cameras one of them reads at most.
        stream_networks: private networks that cameras may be in.
        alarm_email: who is told of alarms; the administrator where nobody is named.
        domain_name: the API's own name, which the certificate must be good for; the gateway's where none is given.
        certificate_arn: ARN of that name's certificate, in the same region.
        requests_per_s: how many requests a second the API takes, all callers together; twice as many in a burst.
        logins_per_s: the same of what concerns logging in, which is made slow on purpose.
        undelete_days: for how many days images and archives that people deleted or overwrote in the bucket can be got
            back; 0 for as long as the object is there. What the backend deletes is gone at once.
        runbooks: where docs/runbooks.md can be read; alarms link to its sections.
        map_style: what the console's map is drawn on, the address of a style or of tiles; where none is given, the
            outlines of countries that the console brings.
        map_attribution: who made the tiles.
        map_origin: server of what the style names, if it is another than the style's own.
    """

    name: str
    layer_target: Literal["arm64", "host"]
    admin_email: str = "admin@example.com"
    browser_origins: tuple[str, ...] = ()
    keep_data: bool = True
    event_tap: bool = False
    upload_days: int = 30
    evidence_days: int = 30
    event_days: int = 90
    hit_days: int = 365
    audit_days: int = 730
    anchor_lock_days: int = 0
    license_issuers: tuple[str, ...] = ()
    log_days: Literal[7, 30, 365] = 30
    log_level: Literal["INFO", "WARNING"] = "INFO"
    tracing: bool = True
    webhook_networks: tuple[str, ...] = ()
    emulated: bool = False
    database_max_acus: float = 8
    database_pause_minutes: int = 5
    database_standby: bool = False
    database_backup_days: int = 14
    quiet_minutes: int = 30
    way_out: Literal["ipv6", "endpoints"] = "ipv6"
    snap_start: bool = False
    worker: Literal["gpu", "cpu"] = "gpu"
    worker_instances: tuple[str, ...] = ("g4dn.xlarge", "g6.xlarge", "g5.xlarge")
    scaling: ScalingPolicy = _SCALING
    stream_tasks: int = 0
    stream_cameras: int = 4
    stream_networks: tuple[str, ...] = ()
    alarm_email: str | None = None
    domain_name: str | None = None
    certificate_arn: str | None = None
    requests_per_s: int = 200
    logins_per_s: int = 20
    undelete_days: int = 7
    runbooks: str = "docs/runbooks.md"
    map_style: str | None = None
    map_attribution: str | None = None
    map_origin: str | None = None

    @property
    def map_variables(self) -> dict[str, str]:
        """The console's settings of its map."""
        said = {"STYLE": self.map_style, "ATTRIBUTION": self.map_attribution, "ORIGIN": self.map_origin}
        return {f"ANPR_CONSOLE_MAP_{name}": value for name, value in said.items() if value is not None}


LOCAL: Final = Environment(
    name="local",
    layer_target="host",
    browser_origins=("*",),
    keep_data=False,
    event_tap=True,
    # In the emulator each line that a function flushes costs the request 25 ms.
    log_level="WARNING",
    tracing=False,
    # For receivers on the same machine.
    webhook_networks=("127.0.0.0/8",),
    # Where the cameras of whoever tries it are.
    stream_networks=("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),
    emulated=True,
    undelete_days=0,
)
DEV: Final = Environment(
    name="dev",
    layer_target="arm64",
    browser_origins=("http://localhost:3000",),
    keep_data=False,
    event_tap=True,
    log_days=7,
    database_max_acus=2,
    database_backup_days=1,
    worker="cpu",
    scaling=ScalingPolicy(most=1, most_fallback=1, jobs_per_worker=2),
)
PROD: Final = Environment(
    name="prod",
    layer_target="arm64",
    # As long as the records that they vouch for.
    anchor_lock_days=730,
    log_days=365,
    snap_start=True,
)

ENVIRONMENTS: Final = {environment.name: environment for environment in (LOCAL, DEV, PROD)}
