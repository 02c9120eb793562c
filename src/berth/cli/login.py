"""`berth login` and `berth logout`: a key of one's own for a server, kept for the commands that follow."""

import platform
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from berth.cli import logins, password, remote
from berth.cli.password import PasswordStdin
from berth.words import time
from berth.words.errors import FieldInvalid

Url = Annotated[str, typer.Argument(help="Address of the server, such as https://registry.example.org.", metavar="URL")]
KEY = "bk_"
"""How the id of a key begins."""


def login(
    url: Url,
    *,
    user: Annotated[str | None, typer.Option("--user", "-u", help="A user's name, or the id of a key.")] = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="Days until the key that is made expires.")] = 90,
    password_stdin: PasswordStdin = False,
) -> None:
    """Sign in to a server once: make a key there and keep it, readable only by you. The password is not kept."""
    address = _address(url)
    name = user or str(typer.prompt("User", err=True))
    secret = password.read(from_stdin=password_stdin, again=False)
    with remote.at(address, name, secret) as api:
        who = api.get("/me")["name"]
        made = not name.startswith(KEY)
        if made:
            name, secret = _new_key(api, days)
    logins.keep(address, (name, secret), made=made)
    typer.echo(f"signed in to {address} as {who}, by the key {name} in {logins.file()}")


def logout(
    url: Annotated[str | None, typer.Argument(help="Else the server signed in to last.", metavar="[URL]")] = None,
) -> None:
    """Forget the key that `berth login` keeps for a server, and end it if it was made for this."""
    address = logins.current() if url is None else _address(url)
    key = None if address is None else logins.kept(address)
    if address is None or key is None:
        raise FieldInvalid("URL", "no key is kept for it")
    if logins.is_made(address):
        _end(address, key)
    logins.forget(address)
    typer.echo(f"signed out of {address}")


def _end(address: str, key: logins.Key) -> None:
    name, secret = key
    try:
        with remote.at(address, name, secret) as api:
            api.delete(remote.path("keys", name))
    except remote.Refused as refused:
        typer.echo(f"the key {name} was not ended: {refused}", err=True)


def _new_key(api: remote.Remote, days: int) -> logins.Key:
    until = datetime.now(UTC) + timedelta(days=days)
    made = api.post("/keys", {"description": f"berth login on {platform.node()}", "expires_at": time.text(until)})
    return made["id"], made["secret"]


def _address(url: str) -> str:
    from berth.settings import commands  # noqa: PLC0415  help needs no settings

    return commands(server=url).server
