"""`berth user`: persons and robots."""

from dataclasses import asdict
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from berth.cli import output, password, place
from berth.cli.output import Format, Output
from berth.cli.password import PasswordStdin
from berth.cli.place import Data
from berth.people import accounts, grants, keys, passwords
from berth.words import actions

app = typer.Typer(help="Users and robot accounts.", no_args_is_help=True)

COLUMNS = ("name", "kind", "administrator", "disabled", "description", "created_at")

Name = Annotated[str, typer.Argument(help="2 to 64 lower-case letters, digits, '.', '_' and '-'.")]
Description = Annotated[str | None, typer.Option(help="Up to 255 characters.")]


@app.command()
def create(
    name: Name,
    *,
    robot: Annotated[bool, typer.Option("--robot", help="A robot has no password; it owns keys.")] = False,
    administrator: Annotated[bool, typer.Option("--administrator", help="May do everything.")] = False,
    description: Description = None,
    password_stdin: PasswordStdin = False,
    data: Data = None,
    output_format: Output = Format.TABLE,
) -> None:
    """Create a user, asking for a password, or a robot."""
    hashed = None if robot else passwords.hashed(password.read(from_stdin=password_stdin))
    with place.opened(data) as site, site.db.write() as tx:
        made = accounts.create(
            tx,
            place.actor(),
            name,
            at=site.now(),
            password=hashed,
            robot=robot,
            administrator=administrator,
            description=description or "",
        )
    output.one(asdict(made), output_format)


@app.command("list")
def list_(*, data: Data = None, output_format: Output = Format.TABLE) -> None:
    """List all users and robots."""
    with place.opened(data) as site, site.db.read() as tx:
        found = accounts.every(tx)
    output.rows([asdict(account) for account in found], output_format, columns=COLUMNS)


@app.command()
def show(name: Name, *, data: Data = None, output_format: Output = Format.TABLE) -> None:
    """Show a user with their grants and keys."""
    with place.opened(data) as site, site.db.read() as tx:
        facts = _facts(tx, name)
    output.one(facts, output_format)


@app.command()
def edit(
    name: Name,
    *,
    administrator: Annotated[
        bool | None, typer.Option("--administrator/--no-administrator", help="Whether they may do everything.")
    ] = None,
    description: Description = None,
    data: Data = None,
    output_format: Output = Format.TABLE,
) -> None:
    """Change a user; what is not given stays."""
    with place.opened(data) as site, site.db.write() as tx:
        if administrator is not None:
            change = accounts.make_administrator if administrator else accounts.unmake_administrator
            change(tx, place.actor(), name, at=site.now())
        if description is not None:
            accounts.describe(tx, place.actor(), name, description, at=site.now())
        facts = _facts(tx, name)
    output.one(facts, output_format)


@app.command()
def disable(name: Name, *, data: Data = None) -> None:
    """Keep a user out; their keys and sessions end at once."""
    with place.opened(data) as site, site.db.write() as tx:
        accounts.disable(tx, place.actor(), name, at=site.now())
    typer.echo(f"user {name} disabled; their keys and sessions have ended")


@app.command()
def enable(name: Name, *, data: Data = None) -> None:
    """Let a disabled user in again; keys that have ended stay ended."""
    with place.opened(data) as site, site.db.write() as tx:
        accounts.enable(tx, place.actor(), name, at=site.now())
    typer.echo(f"user {name} enabled")


@app.command()
def reset_password(name: Name, *, password_stdin: PasswordStdin = False, data: Data = None) -> None:
    """Set a user's password; their keys and sessions end at once."""
    hashed = passwords.hashed(password.read(from_stdin=password_stdin))
    with place.opened(data) as site, site.db.write() as tx:
        ended = accounts.reset_password(tx, place.actor(), name, hashed, at=site.now())
    typer.echo(f"password of {name} set; their sessions have ended, and so have their keys: {ended}")


@app.command()
def delete(name: Name, *, data: Data = None) -> None:
    """Delete a user with their keys and grants; what they did keeps their name."""
    with place.opened(data) as site, site.db.write() as tx:
        accounts.remove(tx, place.actor(), name, at=site.now())
    typer.echo(f"user {name} deleted")


def _facts(tx: Connection, name: str) -> dict[str, Any]:  # Any: JSON values and instants
    found = accounts.find(tx, name)
    given = [f"{grant.place}:{actions.join(grant.actions)}" for grant in grants.of_account(tx, found)]
    live = [key.id for key in keys.every(tx, found) if key.revoked_at is None]
    return {**asdict(found), "grants": given, "keys": live}
