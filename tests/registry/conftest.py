"""Rooms on both databases, with bytes in memory and a clock that only the test moves on from now."""

from collections.abc import Iterator

import pytest

from berth.site import Site
from berth.words import time
from tests import make, sites
from tests.make import Target
from tests.sites import Clock


@pytest.fixture
def clock() -> Clock:
    clock = Clock()
    clock.at = time.now()  # stores tell the age of what they hold by the real one
    return clock


@pytest.fixture
def site(database_url: str, clock: Clock) -> Iterator[Site]:
    with sites.opened(database_url, clock) as opened:
        yield opened


@pytest.fixture
def web(site: Site) -> Target:
    return make.image(site, "main/apps/web")


@pytest.fixture
def other(site: Site) -> Target:
    return make.image(site, "main/apps/other")
