from collections.abc import Iterator

import pytest

from berth.scan.advisories.opened import Advisories
from tests.scan.advisories import osv


@pytest.fixture(scope="session")
def advisories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Advisories]:
    """All the real records that there are for tests."""
    with osv.opened(tmp_path_factory.mktemp("advisories"), osv.everything()) as opened:
        yield opened
