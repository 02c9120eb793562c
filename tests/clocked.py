"""A Berth whose time is the test's: these fixtures stand in for those of every test, where a folder imports them."""

from collections.abc import Iterator

import pytest

from berth.site import Site
from tests import sites


@pytest.fixture
def clock() -> sites.Clock:
    return sites.Clock()


@pytest.fixture
def site(database_url: str, clock: sites.Clock) -> Iterator[Site]:
    with sites.opened(database_url, clock) as opened:
        yield opened
