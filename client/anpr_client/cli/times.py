"""Times as people type them."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

import click

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str, zone: tzinfo | None = None) -> datetime:
    """Read a time: `2026-03-01T08:00:00+02:00`, one without offset, a day, or how long ago (`90m`, `2h`, `3d`, `1w`).

    Args:
        text: what was typed.
        zone: which zone's clock is meant where no offset is given; this machine's by default.

    Raises:
        click.BadParameter: it is none of these.
    """
    ago = re.fullmatch(r"(\d+)([mhdw])", text)
    if ago is not None:
        return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(
            f"{text!r} is no time. Give one such as 2026-03-01T08:00, or how long ago, such as 90m, 2h, 3d."
        ) from error
    if read.tzinfo is None:
        read = read.replace(tzinfo=zone) if zone is not None else read.astimezone()
    return read.astimezone(UTC)


def optional_moment(_context: click.Context, _parameter: click.Parameter, text: str | None) -> datetime | None:
    """The same as an option's callback."""
    return None if text is None else moment(text)
