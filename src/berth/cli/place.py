"""Where a command works: on the database that `--data` or the environment names."""

import contextlib
import getpass
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from berth import migrations
from berth.audit.events import Actor
from berth.db import Database
from berth.settings import load
from berth.site import Site, open_site

Data = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of the embedded database and the blobs; else BERTH_DATABASE_URL counts."),
]


@contextlib.contextmanager
def opened(data: Path | None) -> Iterator[Site]:
    """The site, with its database brought to this program's shape."""
    settings = load(data=data)
    with contextlib.closing(Database(settings.database)) as database:
        migrations.upgrade(database)
    with contextlib.closing(open_site(settings)) as site:
        yield site


def actor() -> Actor:
    """Whoever runs the command has the database in their hands, so the audit log names the machine's user."""
    return Actor(f"cli:{getpass.getuser()}")
