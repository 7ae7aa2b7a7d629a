"""Logging in and out."""

import os
import sys
from typing import Final

import click

from anpr_client._sync.client import Client
from anpr_client.calls import checked_url
from anpr_client.cli.output import json_option, out, print_json
from anpr_client.cli.session import Session, errors_in_words, pass_client
from anpr_client.credentials import ApiKey, Profile
from anpr_client.errors import Forbidden
from anpr_client.models import User


@click.command()
@click.argument("url", required=False)
@click.option("--email", envvar="ANPR_EMAIL", help="Who logs in; asked for by default.")
@click.option("--password-stdin", is_flag=True, help="Read the password from the standard input, for scripts.")
@click.option("--api-key-stdin", is_flag=True, help="Keep an API key, read from the standard input, instead.")
@click.pass_obj
def login(session: Session, url: str | None, email: str | None, password_stdin: bool, api_key_stdin: bool) -> None:
    """Log in to the backend at URL, and stay logged in.

    Tokens (or the API key) are kept in a file that you alone can read. The password is kept nowhere.
    """
    address = checked_url(url or session.url or click.prompt("Address of the API"))
    with errors_in_words():
        if api_key_stdin:
            _keep_key(session, address, sys.stdin.readline().strip())
            return
        email = email or click.prompt("E-mail address")
        if password_stdin:
            password = sys.stdin.readline().rstrip("\r\n")
        else:
            password = os.environ.get("ANPR_PASSWORD") or click.prompt("Password", hide_input=True)
        with Client(address) as client:
            tokens = client.log_in(email, password)
        session.file.write(Profile(url=address, email=email, tokens=tokens))
    out().print(f"Logged in to {address} as {email}.", markup=False)


def _keep_key(session: Session, address: str, key: str) -> None:
    with Client(address, ApiKey(key)) as client:
        _who(client)
    session.file.write(Profile(url=address, api_key=key))
    out().print(f"The API key for {address} is kept.", markup=False)


@click.command()
@click.pass_obj
def logout(session: Session) -> None:
    """End the login, here and at the backend."""
    profile = session.file.read()
    with errors_in_words():
        if profile is not None and profile.tokens is not None:
            with Client(profile.url, session.file) as client:
                client.log_out()
        session.file.forget()


@click.command()
@json_option
@pass_client
def whoami(client: Client, as_json: bool) -> None:
    """Tell who is logged in."""
    user = _who(client)
    if user is None:
        click.echo('{"api_key": true}' if as_json else "A machine, with an API key.")
    elif as_json:
        print_json(user)
    else:
        out().print(f"{user.email} ({user.role})", markup=False)


def _who(client: Client) -> User | None:
    """The account; None for an API key, which is a good one: a bad one is told apart."""
    try:
        return client.me()
    except Forbidden:
        return None


COMMANDS: Final = (login, logout, whoami)
