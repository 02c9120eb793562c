"""`berth migrate`: bring the database to this program's shape, apart from serving."""

import typer

from berth.cli.place import Data


def migrate(*, data: Data = None) -> None:
    """Bring the database to the shape of this release; `berth serve` does so too when it starts."""
    from berth.cli import database  # noqa: PLC0415  commands on a server need none

    with database.opened(data):
        typer.echo("the database has the shape of this release")
