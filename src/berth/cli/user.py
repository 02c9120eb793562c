"""`berth user`: persons and robots."""

from typing import Annotated

import typer

from berth.cli import asking, output, password, place, remote
from berth.cli.asking import DryRun, Yes
from berth.cli.output import Format, Limit, Output
from berth.cli.password import PasswordStdin
from berth.cli.place import Data, Server, managed
from berth.cli.remote import Facts, Remote

app = typer.Typer(help="Users and robot accounts.", no_args_is_help=True)

COLUMNS = ("name", "kind", "administrator", "disabled", "description", "created_at")

Name = Annotated[str, typer.Argument(help="2 to 64 lower-case letters, digits, '.', '_' and '-'.")]
Description = Annotated[str | None, typer.Option(help="Up to 255 characters.")]


@app.command()
@managed
def create(
    api: Remote,
    name: Name,
    *,
    robot: Annotated[bool, typer.Option("--robot", help="A robot has no password; it owns keys.")] = False,
    administrator: Annotated[bool, typer.Option("--administrator", help="May do everything.")] = False,
    description: Description = None,
    password_stdin: PasswordStdin = False,
    output_format: Output = Format.TABLE,
) -> None:
    """Create a user, asking for a password, or a robot."""
    given: Facts = {"name": name, "administrator": administrator, "description": description or ""}
    if robot:
        given["kind"] = "robot"
    else:
        given["password"] = password.read(from_stdin=password_stdin)
    output.one(api.post("/users", given), output_format)


@app.command("list")
@managed
def list_(api: Remote, *, limit: Limit = None, output_format: Output = Format.TABLE) -> None:
    """List all users and robots."""
    output.rows(api.every("/users", limit=limit), output_format, columns=COLUMNS)


@app.command()
@managed
def show(api: Remote, name: Name, *, output_format: Output = Format.TABLE) -> None:
    """Show a user with their grants and keys."""
    output.one(_facts(api, api.get(remote.path("users", name))), output_format)


@app.command()
@managed
def edit(
    api: Remote,
    name: Name,
    *,
    administrator: Annotated[
        bool | None, typer.Option("--administrator/--no-administrator", help="Whether they may do everything.")
    ] = None,
    description: Description = None,
    output_format: Output = Format.TABLE,
) -> None:
    """Change a user; what is not given stays."""
    given = remote.told({"administrator": administrator, "description": description})
    output.one(_facts(api, api.patch(remote.path("users", name), given)), output_format)


@app.command()
@managed
def disable(api: Remote, name: Name, *, dry_run: DryRun = False) -> None:
    """Keep a user out; their keys and sessions end at once."""
    if dry_run:
        typer.echo(f"user {name} would be disabled; {_ending(api, name)}")
        return
    api.patch(remote.path("users", name), {"disabled": True})
    typer.echo(f"user {name} disabled; their keys and sessions have ended")


@app.command()
@managed
def enable(api: Remote, name: Name) -> None:
    """Let a disabled user in again; keys that have ended stay ended."""
    api.patch(remote.path("users", name), {"disabled": False})
    typer.echo(f"user {name} enabled")


@app.command()
@managed
def reset_password(api: Remote, name: Name, *, password_stdin: PasswordStdin = False, dry_run: DryRun = False) -> None:
    """Set a user's password; their keys and sessions end at once."""
    if dry_run:
        typer.echo(f"password of {name} would be set; {_ending(api, name)}")
        return
    new = password.read(from_stdin=password_stdin)
    ended = api.post(remote.path("users", name, "password"), {"password": new})["keys_ended"]
    typer.echo(f"password of {name} set; their sessions have ended, and so have their keys: {ended}")


@app.command("password")
def change_password(
    name: Name, *, password_stdin: PasswordStdin = False, data: Data = None, server: Server = None
) -> None:
    """Change your own password, telling the old one; your keys and sessions end at once."""
    old = password.read(from_stdin=password_stdin, again=False, asking="Old password")
    new = password.read(from_stdin=password_stdin, asking="New password")
    with place.api(data, server, None, signed_in=(name, old)) as api:
        ended = api.post("/me/password", {"old": old, "new": new})["keys_ended"]
    typer.echo(f"password of {name} changed; your sessions have ended, and so have your keys: {ended}")


@app.command()
@managed
def delete(api: Remote, name: Name, *, dry_run: DryRun = False, yes: Yes = False) -> None:
    """Delete a user with their keys and grants; what they did keeps their name."""
    if dry_run:
        facts = _facts(api, api.get(remote.path("users", name)))
        typer.echo(f"user {name} would be deleted with {len(facts['keys'])} keys and {len(facts['grants'])} grants")
        return
    asking.sure(f"Delete the user {name} with their keys and grants?", yes=yes)
    api.delete(remote.path("users", name))
    typer.echo(f"user {name} deleted")


def _ending(api: Remote, name: str) -> str:
    keys = _facts(api, api.get(remote.path("users", name)))["keys"]
    return f"their sessions would end, and so would their keys: {len(keys)}"


def _facts(api: Remote, user: Facts) -> Facts:
    """With what else is known of them."""
    grants = api.each("/grants", user=user["name"])
    keys = api.each("/keys", owner=user["name"], state="active")
    given = [f"{grant['place']}:{','.join(grant['actions'])}" for grant in grants]
    return {**user, "grants": given, "keys": [key["id"] for key in keys]}
