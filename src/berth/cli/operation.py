"""`berth operation`: what goes on after its request was answered."""

from enum import StrEnum
from typing import Annotated

import typer

from berth.cli import following, output, remote
from berth.cli.output import Format, Limit, Output
from berth.cli.place import managed
from berth.cli.remote import Remote

app = typer.Typer(help="Operations that take their time.", no_args_is_help=True)

COLUMNS = ("id", "kind", "target", "state", "finished", "total", "started_by", "started_at", "ended_at")


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


Id = Annotated[str, typer.Argument(help="As a deletion told it.", metavar="ID")]


@app.command("list")
@managed
def list_(
    api: Remote,
    *,
    where: Annotated[str | None, typer.Option("--place", help="Only those in this registry or repository.")] = None,
    state: Annotated[State | None, typer.Option(help="Only those in this state.")] = None,
    limit: Limit = 50,
    output_format: Output = Format.TABLE,
) -> None:
    """List operations, the newest first."""
    found = api.every("/operations", limit=limit, place=where, state=state)
    output.rows(found, output_format, columns=COLUMNS)


@app.command()
@managed
def show(api: Remote, operation_id: Id, *, output_format: Output = Format.TABLE) -> None:
    """Show how far an operation is."""
    output.one(api.get(remote.path("operations", operation_id)), output_format)


@app.command()
@managed
def wait(api: Remote, operation_id: Id, *, output_format: Output = Format.TABLE) -> None:
    """Wait for the end of an operation; exits with 1 if it failed."""
    found = following.operation(api, operation_id)
    output.one(found, output_format)
    following.well_ended(found)
