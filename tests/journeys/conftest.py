import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import databases
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
