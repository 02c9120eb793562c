"""`berth key`: access keys, for `docker login` and CI."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from berth.cli import asking, output, remote
from berth.cli.asking import DryRun, Yes
from berth.cli.output import Format, Limit, Output
from berth.cli.place import managed
from berth.cli.remote import Remote
from berth.words import time

app = typer.Typer(help="Access keys.", no_args_is_help=True)

COLUMNS = ("id", "owner", "description", "scopes", "state", "expires_at", "used_at")

Id = Annotated[str, typer.Argument(help="Begins with bk_.", metavar="ID")]


@app.command()
@managed
def create(
    api: Remote,
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
    output_format: Output = Format.TABLE,
) -> None:
    """Create a key and show its secret, this once."""
    until = None if days is None else time.text(datetime.now(UTC) + timedelta(days=days))
    given = {"owner": owner, "description": description, "scopes": scope or None, "expires_at": until}
    output.one(api.post("/keys", remote.told(given)), output_format)
    typer.echo("The secret is shown only here.", err=True)


@app.command("list")
@managed
def list_(
    api: Remote,
    owner: Annotated[str | None, typer.Argument(help="Only those of this user or robot.")] = None,
    *,
    limit: Limit = None,
    output_format: Output = Format.TABLE,
) -> None:
    """List keys, the newest first."""
    output.rows(api.every("/keys", limit=limit, owner=owner), output_format, columns=COLUMNS)


@app.command()
@managed
def show(api: Remote, key_id: Id, *, output_format: Output = Format.TABLE) -> None:
    """Show a key, without its secret."""
    output.one(api.get(remote.path("keys", key_id)), output_format)


@app.command()
@managed
def revoke(api: Remote, key_id: Id, *, dry_run: DryRun = False, yes: Yes = False) -> None:
    """End a key, and the tokens it has fetched, at once."""
    if dry_run:
        found = api.get(remote.path("keys", key_id))
        typer.echo(f"key {key_id} of {found['owner']} would be revoked; it is {found['state']}")
        return
    asking.sure(f"Revoke {key_id} for good?", yes=yes)
    api.delete(remote.path("keys", key_id))
    typer.echo(f"key {key_id} revoked")
