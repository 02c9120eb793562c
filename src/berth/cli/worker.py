"""`berth worker`: one more working process, here or on another machine."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from berth import migrations
from berth import worker as working
from berth.db import Database
from berth.scan import chosen
from berth.settings import load


def worker(
    data: Annotated[Path | None, typer.Option(help="Folder of the embedded database and the blobs.")] = None,
) -> None:
    """Do background jobs, beside the one worker that `berth serve` has."""
    settings = load(data=data)
    chosen.check(settings)
    with contextlib.closing(Database(settings.database)) as database:
        migrations.upgrade(database)
    working.run(settings)
