"""What the commands share: which backend, as whom, and how an error becomes an exit status."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import update_wrapper
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import click

from anpr_client._sync.client import Client
from anpr_client.calls import Options
from anpr_client.credentials import ApiKey, Credentials, Login, ProfileFile
from anpr_client.errors import AnprError, ApiError, Forbidden, Unauthenticated, Unavailable, Unreachable

FAILED: Final = 1
"""Something that was asked for was carried out, and ended badly: a job, an export, a file of several."""
DENIED: Final = 3
"""Not logged in, or not permitted."""
REFUSED: Final = 4
"""The backend refused it, or it cannot be."""
AWAY: Final = 5
"""The backend cannot be reached, or is overloaded."""

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Session:
    """One run of the command.

    Attributes:
        url: the API's address, if it was said.
        file: where a login is kept.
    """

    url: str | None
    file: ProfileFile

    @classmethod
    def of(cls, url: str | None) -> Self:
        """The session of a URL that was given, and of the file that `ANPR_CONFIG` names."""
        told = os.environ.get("ANPR_CONFIG")
        return cls(url, ProfileFile(Path(told) if told else Path(click.get_app_dir("anpr")) / "login.json"))

    @contextmanager
    def client(self, *, timeout_s: float = 60.0) -> Iterator[Client]:
        """The client that the environment or the kept login makes."""
        url, credentials = self._who()
        with Client(url, credentials, options=Options(timeout_s=timeout_s)) as made:
            yield made

    def _who(self) -> tuple[str, Credentials]:
        profile = self.file.read()
        url = self.url or (None if profile is None else profile.url)
        if url is None:
            raise _Denied("Which backend? Run `anpr login`, or set ANPR_URL.")
        if key := os.environ.get("ANPR_API_KEY"):
            return url, ApiKey(key)
        if (email := os.environ.get("ANPR_EMAIL")) and (password := os.environ.get("ANPR_PASSWORD")):
            return url, Login(email, password)
        # What was kept for one backend is shown to no other.
        if profile is not None and profile.url == url.rstrip("/"):
            return url, ApiKey(profile.api_key) if profile.api_key else self.file
        raise _Denied(f"There is no login for {url}. Run `anpr login {url}`, or set ANPR_API_KEY.")


class _Denied(click.ClickException):
    exit_code = DENIED


class _Refused(click.ClickException):
    exit_code = REFUSED


class _Away(click.ClickException):
    exit_code = AWAY


@contextmanager
def errors_in_words() -> Iterator[None]:
    """Turn what went wrong into one line and an exit status."""
    try:
        yield
    except (Unauthenticated, Forbidden) as error:
        hint = " Run `anpr login`." if isinstance(error, Unauthenticated) else ""
        raise _Denied(f"{_words(error)}{hint}") from error
    except (Unreachable, Unavailable) as error:
        raise _Away(str(error)) from error
    except ApiError as error:
        raise _Refused(_words(error)) from error
    except (AnprError, OSError) as error:
        raise _Refused(str(error)) from error


def _words(error: ApiError) -> str:
    """The detail, and what is wrong with the parts where that is more than one thing."""
    parts = [f"{part.pointer}: {part.detail}" for part in error.errors if part.detail]
    return "\n  ".join([error.detail, *parts]) if len(parts) > 1 else error.detail


def pass_client(command: Command) -> Command:
    """Give a command the client, as its first argument."""

    @click.pass_obj
    def run(session: Session, *arguments: Any, **options: Any) -> Any:
        with errors_in_words(), session.client() as client:
            return command(client, *arguments, **options)

    return update_wrapper(run, command)  # type: ignore[return-value] # click has put the first argument in
