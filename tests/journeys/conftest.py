import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import databases
from tests.journeys import engines
from tests.journeys.pulling import Puller, Pullers
from tests.journeys.shop import READER, Shop, opened
from tests.serving import Server, served


@pytest.fixture
def data(sqlite_template: Path, tmp_path: Path) -> Path:
    """A folder for a server, whose embedded database is migrated already."""
    return prepared(sqlite_template, tmp_path / "server")


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, data: Path) -> Iterator[Server]:
    """A server of the test's own, on each kind of database."""
    database_url = "" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    with served(data, database_url) as running:
        yield running


@pytest.fixture(scope="module")
def shared(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that the tests of a module share; each pushes to an image of its own."""
    with served(prepared(sqlite_template, tmp_path_factory.mktemp("shared"))) as running:
        yield running


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def farm(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Like `shared`, on each kind of database."""
    folder = prepared(sqlite_template, tmp_path_factory.mktemp("farm"))
    with contextlib.ExitStack() as stack:
        url = ""
        if request.param == "postgresql":
            templates: databases.PostgresTemplates = request.getfixturevalue("postgres_templates")
            url = stack.enter_context(templates.copy())
        yield stack.enter_context(served(folder, url))


def prepared(template: Path, folder: Path) -> Path:
    (folder / "data").mkdir(parents=True)
    shutil.copyfile(template, folder / "data" / "berth.db")
    return folder


@pytest.fixture(scope="session")
def shop(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = prepared(sqlite_template, tmp_path_factory.mktemp("shop"))
    with served(folder) as server, opened(server) as shop:
        yield shop


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[engines.Settings]:
    with engines.docker() as settings:
        yield settings


@pytest.fixture(scope="session")
def containerd_engine() -> Iterator[engines.Settings]:
    with engines.containerd() as settings:
        yield settings


@pytest.fixture(scope="session")
def _pullers(shop: Shop) -> Iterator[Pullers]:
    with contextlib.ExitStack() as ends:
        yield Pullers(shop.server.host, ends)


@pytest.fixture
def puller(request: pytest.FixtureRequest, _pullers: Pullers) -> Callable[..., Puller]:
    """By the name of a client and, if it is not the reader, of who pulls with it."""
    return lambda program, user=READER: _pullers.of(request, program, user)
