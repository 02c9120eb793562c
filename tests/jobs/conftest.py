"""Jobs on both databases, with a clock that only the test moves."""

from collections.abc import Iterator

import pytest

from berth.site import Site
from tests import sites
from tests.sites import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(database_url: str, clock: Clock) -> Iterator[Site]:
    with sites.opened(database_url, clock) as opened:
        yield opened
