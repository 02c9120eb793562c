"""`berth grant`: who may do what in a registry or repository."""

from typing import Annotated

import typer

from berth.cli import output, remote
from berth.cli.asking import DryRun
from berth.cli.output import Format, Limit, Output
from berth.cli.place import managed
from berth.cli.remote import Refused, Remote
from berth.words import actions
from berth.words.actions import NONE, Actions
from berth.words.errors import GrantUnknown

app = typer.Typer(help="Grants: who may do what, where.", no_args_is_help=True)

COLUMNS = ("place", "user", "actions", "created_by", "created_at")

User = Annotated[str, typer.Argument(help="A user or robot.")]
PlaceName = Annotated[str, typer.Argument(help="registry, or registry/repository", metavar="PLACE")]
KNOWN = f"Roles: {', '.join(actions.ROLES)}. Actions: {', '.join(actions.Action)}."


@app.command()
@managed
def give(
    api: Remote,
    user: User,
    where: PlaceName,
    what: Annotated[list[str], typer.Argument(help=KNOWN, metavar="ROLE|ACTION...")],
) -> None:
    """Let a user do more in a registry or repository."""
    now = _held(api, user, where) | actions.parse(what)
    api.put(_address(user, where), {"actions": sorted(now)})
    typer.echo(f"{user} may {_words(now)} in {where}")


@app.command()
@managed
def take(
    api: Remote,
    user: User,
    where: PlaceName,
    what: Annotated[
        list[str] | None, typer.Argument(help=f"Without any: the whole grant. {KNOWN}", metavar="[ROLE|ACTION...]")
    ] = None,
    *,
    dry_run: DryRun = False,
) -> None:
    """Let a user do less in a registry or repository."""
    held = _held(api, user, where) if what else NONE
    left = held - actions.parse(what or [])
    if what and left == held:
        raise GrantUnknown(user, where)
    if dry_run:
        api.get(_address(user, where))
        typer.echo(f"{user} might {_words(left)} in {where} by this grant")
        return
    if left:
        api.put(_address(user, where), {"actions": sorted(left)})
    else:
        api.delete(_address(user, where))
    typer.echo(f"{user} may {_words(left)} in {where} by this grant")


@app.command("list")
@managed
def list_(
    api: Remote,
    *,
    user: Annotated[str | None, typer.Option(help="Only those of this user or robot.")] = None,
    where: Annotated[str | None, typer.Option("--place", help="Only those on this registry or repository.")] = None,
    limit: Limit = None,
    output_format: Output = Format.TABLE,
) -> None:
    """List grants."""
    output.rows(api.every("/grants", limit=limit, user=user, place=where), output_format, columns=COLUMNS)


def _held(api: Remote, user: str, where: str) -> Actions:
    """What the grant allows that is there now."""
    try:
        found = api.get(_address(user, where))
    except Refused as refused:
        if refused.status != 404:  # noqa: PLR2004  HTTP
            raise
        return NONE
    return actions.parse(found["actions"])


def _address(user: str, where: str) -> str:
    return remote.path("grants", user, *where.split("/"))


def _words(granted: Actions) -> str:
    return actions.join(granted).replace(",", ", ") or "do nothing"
