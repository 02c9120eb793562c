"""`berth key`: access keys, for `docker login` and CI."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any

import typer

from berth.cli import output, place
from berth.cli.output import Format, Output
from berth.cli.place import Data
from berth.people import accounts, keys
from berth.people.access import Scope
from berth.people.keys import Key

app = typer.Typer(help="Access keys.", no_args_is_help=True)

COLUMNS = ("id", "owner", "description", "scopes", "expires_at", "revoked_at", "used_at")

Id = Annotated[str, typer.Argument(help="Begins with bk_.", metavar="ID")]


@app.command()
def create(
    owner: Annotated[str, typer.Argument(help="The user or robot that the key speaks for.")],
    *,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="What the key may do at most, as 'main:pull' or 'main/apps:pull,push'; may be given several times. "
            "Without it: all that its owner may do."
        ),
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, max=3660, help="Days until it expires; without it, never.")] = None,
    description: Annotated[str, typer.Option(help="Up to 255 characters.")] = "",
    data: Data = None,
    output_format: Output = Format.TABLE,
) -> None:
    """Create a key and show its secret, this once."""
    scopes = [Scope.parse(text) for text in scope] if scope else None
    with place.opened(data) as site, site.db.write() as tx:
        now = site.now()
        made, secret = keys.create(
            tx,
            place.actor(),
            accounts.find(tx, owner),
            at=now,
            description=description,
            scopes=scopes,
            expires_at=None if days is None else now + timedelta(days=days),
        )
    output.one({**_facts(made), "secret": secret}, output_format)
    typer.echo("The secret is shown only here.", err=True)


@app.command("list")
def list_(
    owner: Annotated[str | None, typer.Argument(help="Only those of this user or robot.")] = None,
    *,
    data: Data = None,
    output_format: Output = Format.TABLE,
) -> None:
    """List keys, the newest first."""
    with place.opened(data) as site, site.db.read() as tx:
        found = keys.every(tx, None if owner is None else accounts.find(tx, owner))
    output.rows([_facts(key) for key in found], output_format, columns=COLUMNS)


@app.command()
def show(key_id: Id, *, data: Data = None, output_format: Output = Format.TABLE) -> None:
    """Show a key, without its secret."""
    with place.opened(data) as site, site.db.read() as tx:
        found = keys.find(tx, key_id)
    output.one(_facts(found), output_format)


@app.command()
def revoke(key_id: Id, *, data: Data = None) -> None:
    """End a key, and the tokens it has fetched, at once."""
    with place.opened(data) as site, site.db.write() as tx:
        keys.revoke(tx, place.actor(), key_id, at=site.now())
    typer.echo(f"key {key_id} revoked")


def _facts(key: Key) -> dict[str, Any]:  # Any: JSON values and instants
    scopes = None if key.scopes is None else [str(scope) for scope in key.scopes]
    return {**asdict(key), "scopes": scopes}
