"""A queue on each kind of database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import sites
from tests.scan.queue.queued import Queued
from tests.sites import Clock


@pytest.fixture
def queued(database_url: str, tmp_path: Path) -> Iterator[Queued]:
    clock = Clock()
    with sites.opened(database_url, clock, data=tmp_path) as site:
        yield Queued(site, clock)


@pytest.fixture
def on_sqlite(sqlite_url: str, tmp_path: Path) -> Iterator[Queued]:
    clock = Clock()
    with sites.opened(sqlite_url, clock, data=tmp_path) as site:
        yield Queued(site, clock)


@pytest.fixture
def on_postgresql(postgresql_url: str, tmp_path: Path) -> Iterator[Queued]:
    """Where several claim at once."""
    clock = Clock()
    with sites.opened(postgresql_url, clock, data=tmp_path) as site:
        yield Queued(site, clock)
