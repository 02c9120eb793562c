"""A site: one running Berth with its database, its blobs and its clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from berth.blobs import BlobStore, open_store
from berth.db import Database
from berth.settings import Settings
from berth.words import time


@dataclass(frozen=True)
class Site:
    settings: Settings
    db: Database
    blobs: BlobStore
    now: Callable[[], datetime] = field(default=time.now)

    def close(self) -> None:
        self.db.close()


def open_site(settings: Settings) -> Site:
    """Open the parts that the settings name; the database must have been migrated."""
    return Site(settings, Database(settings.database), open_store(settings.storage))
