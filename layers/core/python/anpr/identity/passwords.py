"""Passwords: the rules, and argon2id hashes."""

from dataclasses import dataclass
from functools import cache
from typing import Final

from pwdlib import PasswordHash

from anpr.errors import Unprocessable

MIN_LENGTH: Final = 12
MAX_LENGTH: Final = 256


NO_PASSWORD: Final = "!"  # noqa: S105 - it is the hash of none
"""In the place of a hash, of somebody whom another service logs in: nothing that anybody types has it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password was right, and a better hash of it where the stored one is out of date."""

    ok: bool
    new_hash: str | None = None


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


def check_rules(password: str) -> None:
    """Refuse a password that may not be set.

    Length is all that is asked, as NIST SP 800-63B advises: rules on characters make passwords guessable.

    Raises:
        Unprocessable: it is too short or too long.
    """
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Unprocessable(f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters.")


def hash_password(password: str) -> str:
    """Hash a password for storing.

    Raises:
        Unprocessable: the password breaks a rule.
    """
    check_rules(password)
    return _hasher().hash(password)


def verify(password: str, stored_hash: str | None) -> Verdict:
    """Compare a password with a stored hash.

    Args:
        password: what was typed.
        stored_hash: the account's hash; None where there is no account, which costs the same time as a wrong password,
            so that the time does not tell who has one.
    """
    if stored_hash is None or stored_hash == NO_PASSWORD:
        _hasher().hash(password[:MAX_LENGTH])
        return Verdict(ok=False)
    ok, new_hash = _hasher().verify_and_update(password[:MAX_LENGTH], stored_hash)
    return Verdict(ok, new_hash)
