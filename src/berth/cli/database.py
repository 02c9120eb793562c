"""The database that a command works on, when it works on one."""

import contextlib
import getpass
from collections.abc import Iterator
from pathlib import Path

from berth import migrations
from berth.audit.events import Actor
from berth.db import Database
from berth.settings import Settings, load
from berth.site import Site, open_site


def upgrade(settings: Settings) -> None:
    """Bring it to this program's shape. Raises `DatabaseNewerError`."""
    with contextlib.closing(Database(settings.database)) as database:
        migrations.upgrade(database)


@contextlib.contextmanager
def opened(data: Path | None) -> Iterator[Site]:
    """The site, with its database brought to this program's shape."""
    settings = load(data=data)
    upgrade(settings)
    with contextlib.closing(open_site(settings)) as site:
        yield site


def actor() -> Actor:
    """Whoever runs the command has the database in their hands, so the audit log names the machine's user."""
    return Actor(f"cli:{getpass.getuser()}")
