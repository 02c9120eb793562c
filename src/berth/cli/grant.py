"""`berth grant`: who may do what in a registry or repository."""

from typing import Annotated, Any

import typer

from berth.cli import output, place
from berth.cli.output import Format, Output
from berth.cli.place import Data
from berth.people import accounts, grants
from berth.people.grants import Grant
from berth.registry import places
from berth.words import actions

app = typer.Typer(help="Grants: who may do what, where.", no_args_is_help=True)

COLUMNS = ("place", "user", "actions", "created_by", "created_at")

User = Annotated[str, typer.Argument(help="A user or robot.")]
PlaceName = Annotated[str, typer.Argument(help="registry, or registry/repository", metavar="PLACE")]
KNOWN = f"Roles: {', '.join(actions.ROLES)}. Actions: {', '.join(actions.Action)}."


@app.command()
def give(
    user: User,
    where: PlaceName,
    what: Annotated[list[str], typer.Argument(help=KNOWN, metavar="ROLE|ACTION...")],
    *,
    data: Data = None,
) -> None:
    """Let a user do more in a registry or repository."""
    given = actions.parse(what)
    with place.opened(data) as site, site.db.write() as tx:
        account, found = accounts.find(tx, user), places.find(tx, where)
        now = grants.give(tx, place.actor(), account, found, given, at=site.now())
    typer.echo(f"{user} may {_words(now)} in {where}")


@app.command()
def take(
    user: User,
    where: PlaceName,
    what: Annotated[
        list[str] | None, typer.Argument(help=f"Without any: the whole grant. {KNOWN}", metavar="[ROLE|ACTION...]")
    ] = None,
    *,
    data: Data = None,
) -> None:
    """Let a user do less in a registry or repository."""
    taken = actions.parse(what) if what else None
    with place.opened(data) as site, site.db.write() as tx:
        account, found = accounts.find(tx, user), places.find(tx, where)
        left = grants.take(tx, place.actor(), account, found, taken, at=site.now())
    typer.echo(f"{user} may {_words(left)} in {where} by this grant")


@app.command("list")
def list_(
    *,
    user: Annotated[str | None, typer.Option(help="Only those of this user or robot.")] = None,
    where: Annotated[str | None, typer.Option("--place", help="Only those on this registry or repository.")] = None,
    data: Data = None,
    output_format: Output = Format.TABLE,
) -> None:
    """List grants."""
    with place.opened(data) as site, site.db.read() as tx:
        if where is not None:
            found = grants.on_place(tx, places.find(tx, where))
        elif user is not None:
            found = grants.of_account(tx, accounts.find(tx, user))
        else:
            found = grants.every(tx)
    kept = [_facts(grant) for grant in found if user in (None, grant.user)]
    output.rows(kept, output_format, columns=COLUMNS)


def _words(granted: actions.Actions) -> str:
    return actions.join(granted).replace(",", ", ") or "do nothing"


def _facts(grant: Grant) -> dict[str, Any]:  # Any: JSON values and instants
    return {
        "place": grant.place,
        "user": grant.user,
        "actions": actions.join(grant.actions).split(","),
        "created_by": grant.created_by,
        "created_at": grant.created_at,
    }
