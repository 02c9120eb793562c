import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doors.wire.serving import ROADS, Harbour, Served, serve

FILE_SIZE = (5 << 20) + 4321


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("wire") / "blob"
    path.write_bytes(random.Random(1).randbytes(FILE_SIZE))  # noqa: S311 -- the same bytes each time
    return path


@pytest.fixture(scope="module", params=list(ROADS))
def _server(request: pytest.FixtureRequest, file: Path) -> Iterator[Served]:
    with serve(ROADS[request.param], file) as served:
        yield served


@pytest.fixture(scope="module", params=[name for name, road in ROADS.items() if road.fast])
def _wire_server(request: pytest.FixtureRequest, file: Path) -> Iterator[Served]:
    with serve(ROADS[request.param], file) as served:
        yield served


@pytest.fixture
def served(_server: Served) -> Served:
    """The test runs on every road."""
    return _cleared(_server)


@pytest.fixture
def wire(_wire_server: Served) -> Served:
    """The test states something only the fast road promises."""
    return _cleared(_wire_server)


def _cleared(served: Served) -> Served:
    fresh = Harbour(served.harbour.file)
    served.harbour.ends = fresh.ends
    served.harbour.offered = fresh.offered
    served.harbour.gate = fresh.gate
    served.harbour.full = False
    return served
