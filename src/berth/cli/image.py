"""`berth image`: what pushes have made. Named `registry/repository/image`."""

from dataclasses import asdict
from typing import Annotated

import typer

from berth.cli import output, place
from berth.cli.output import Format, Output
from berth.cli.place import Data
from berth.cli.repository import split
from berth.registry import images, repositories

app = typer.Typer(help="Images.", no_args_is_help=True)

COLUMNS = ("path", "digests", "tags", "pulls", "state", "edited_by", "edited_at")


@app.command("list")
def list_(
    repository: Annotated[str, typer.Argument(help="registry/repository")],
    *,
    data: Data = None,
    output_format: Output = Format.TABLE,
) -> None:
    """List the images of a repository."""
    with place.opened(data) as site, site.db.read() as tx:
        owner = repositories.find(tx, *split(repository))
        found = images.summaries(tx, owner.id, owner.path)
    output.rows([asdict(image) for image in found], output_format, columns=COLUMNS)
