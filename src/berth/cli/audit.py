"""`berth audit`: who did what, and what was refused."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from berth.cli import output
from berth.cli.output import Format, Limit, Output
from berth.cli.place import managed
from berth.cli.remote import Remote

app = typer.Typer(help="The audit log.", no_args_is_help=True)

COLUMNS = ("at", "actor", "action", "target", "outcome", "address")


class Outcome(StrEnum):
    DONE = "done"
    REFUSED = "refused"


Actor = Annotated[str | None, typer.Option(help="Only what this user did, also by a key.")]
Action = Annotated[str | None, typer.Option(help="Only this act, as `registry.edit`, or this kind, as `registry`.")]
Target = Annotated[str | None, typer.Option(help="Only what was done to this, or to what is in it.")]
How = Annotated[Outcome | None, typer.Option(help="Only what was done, or what was refused.")]
Since = Annotated[datetime | None, typer.Option(help="Not before this time, here.")]
Until = Annotated[datetime | None, typer.Option(help="Before this time, here.")]


@app.command("list")
@managed
def list_(
    api: Remote,
    *,
    actor: Actor = None,
    action: Action = None,
    target: Target = None,
    outcome: How = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    output_format: Output = Format.TABLE,
) -> None:
    """List what was done and what was refused, the newest first."""
    asked = {"actor": actor, "action": action, "target": target, "outcome": outcome}
    found = api.every("/events", limit=limit, since=_instant(since), until=_instant(until), **asked)
    output.rows(found, output_format, columns=COLUMNS)


@app.command()
@managed
def export(
    api: Remote,
    *,
    actor: Actor = None,
    action: Action = None,
    target: Target = None,
    outcome: How = None,
    since: Since = None,
    until: Until = None,
    to: output.To = None,
) -> None:
    """Write all events as JSON lines, the oldest first."""
    asked = {"actor": actor, "action": action, "target": target, "outcome": outcome}
    pieces = api.pieces("/events/export", since=_instant(since), until=_instant(until), **asked)
    output.pieces(pieces, to)


def _instant(value: datetime | None) -> str | None:
    return None if value is None else output.instant(value)
