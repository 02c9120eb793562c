from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import databases
from tests.client import Client, Image
from tests.doors.oci import harbour as harbours
from tests.doors.oci.harbour import PRIVATE, PUBLIC, Dock, Harbour


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def harbour(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harbour]:
    """One for all tests of this folder, on each kind of database."""
    folder = tmp_path_factory.mktemp("harbour")
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        with harbours.opened(databases.sqlite_copy(template, folder), folder) as opened:
            yield opened
    else:
        templates: databases.PostgresTemplates = request.getfixturevalue("postgres_templates")
        with templates.copy() as url, harbours.opened(url, folder) as opened:
            yield opened


@pytest.fixture(scope="session")
def owner(harbour: Harbour) -> Client:
    """May do everything an owner may, in both registries."""
    return harbour.somebody((PRIVATE, "owner"), (PUBLIC, "owner"))


@pytest.fixture
def dock(harbour: Harbour, owner: Client) -> Dock:
    """A new private repository."""
    return Dock(harbour, harbour.repository(), owner)


@pytest.fixture
def quay(harbour: Harbour, owner: Client) -> Dock:
    """A new repository in a public registry."""
    return Dock(harbour, harbour.repository(PUBLIC), owner)


@pytest.fixture
def image(dock: Dock) -> Image:
    """The path of an image that nobody has pushed to, in a new repository, as its owner sees it."""
    return dock.image()
