"""`berth migrate`: bring the database to this program's shape, apart from serving."""

import typer

from berth.cli import place
from berth.cli.place import Data


def migrate(*, data: Data = None) -> None:
    """Bring the database to the shape of this release; `berth serve` does so too when it starts."""
    with place.opened(data):
        typer.echo("the database has the shape of this release")
