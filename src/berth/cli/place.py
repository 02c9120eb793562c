"""Where a command works: on a server that `--server` names, or on the database of `--data` or the environment.

    --server URL, --data FOLDER      what the command line says
    BERTH_SERVER                     a server
    BERTH_DATABASE_URL, BERTH_DATA   a database
    `berth login`                    the server signed in to last
    ./data                           a database

The first of these that is there counts.
"""

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, ParamSpec

import typer

from berth.cli import logins, remote
from berth.cli.remote import Remote
from berth.words.errors import FieldInvalid

if TYPE_CHECKING:
    from berth.settings import Commands

P = ParamSpec("P")

Data = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of the embedded database and the blobs; else BERTH_DATABASE_URL counts."),
]
Server = Annotated[
    str | None, typer.Option("--server", metavar="URL", help="Work on this server, with a key; else BERTH_SERVER.")
]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key-file", help="File with the key for the server; else BERTH_KEY_FILE, BERTH_KEY or `berth login`."
    ),
]


def managed(command: Callable[Concatenate[Remote, P], None]) -> Callable[..., None]:
    """A command that manages. It is given the API of the place that its options or the environment name."""

    @functools.wraps(command)
    def run(*, data: Data, server: Server, key_file: KeyFile, **words: Any) -> None:  # Any: what Typer has parsed
        with api(data, server, key_file) as reached:
            command(reached, **words)  # type: ignore[call-arg]  # Typer passes all by name

    own = list(inspect.signature(command).parameters.values())[1:]
    places = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in (("data", Data), ("server", Server), ("key_file", KeyFile))
    ]
    run.__signature__ = inspect.Signature([*own, *places])  # type: ignore[attr-defined]  # functions take it
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in [*own, *places]}
    return run


@contextlib.contextmanager
def api(
    data: Path | None, server: str | None, key_file: Path | None, signed_in: tuple[str, str] | None = None
) -> Iterator[Remote]:
    """The API, with a key, or for a user who has given name and password."""
    url, chosen = where(data, server)
    if url is not None:
        name, secret = signed_in or logins.key(url, key_file, chosen)
        with remote.at(url, name, secret) as reached:
            yield reached
        return
    from berth.cli import database, local  # noqa: PLC0415  a command on a server needs none of this

    actor = None if signed_in else database.actor()
    with database.opened(data) as site, local.over(site, actor, signed_in) as reached:
        yield reached


def where(data: Path | None, server: str | None) -> "tuple[str | None, Commands]":
    """The server's address, or none for a database. Raises `FieldInvalid`."""
    from berth.settings import commands, names_a_database  # noqa: PLC0415  help needs no settings

    if data is not None and server is not None:
        raise FieldInvalid("--server", "a command works on a server or, with --data, on a database")
    chosen = commands(server=server)
    if data is not None:
        return None, chosen
    if chosen.server:
        return chosen.server, chosen
    return None if names_a_database() else logins.current(), chosen
