"""`berth worker`: one more working process, here or on another machine."""

from pathlib import Path
from typing import Annotated

import typer


def worker(
    data: Annotated[Path | None, typer.Option(help="Folder of the embedded database and the blobs.")] = None,
) -> None:
    """Do background jobs, beside the one worker that `berth serve` has."""
    from berth.cli import server  # noqa: PLC0415  only who works needs all of Berth

    server.work(data)
