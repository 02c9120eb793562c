import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import databases, sites
from tests.doors.api.desk import KEEPER, Desk, somebody
from tests.doors.api.docks import Dock
from tests.doors.oci import harbour as harbours
from tests.doors.oci.harbour import Harbour

_numbers = itertools.count(1)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def harbour(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harbour]:
    """One for all tests of this folder, on each kind of database."""
    folder = tmp_path_factory.mktemp("desk")
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        with harbours.opened(databases.sqlite_copy(template, folder), folder) as opened:
            yield opened
    else:
        templates: databases.PostgresTemplates = request.getfixturevalue("postgres_templates")
        with templates.copy() as url, harbours.opened(url, folder) as opened:
            yield opened


@pytest.fixture(scope="session")
def root(harbour: Harbour) -> Desk:
    """An administrator."""
    sites.person(harbour.site, KEEPER, administrator=True)
    return somebody(harbour, administrator=True)


@pytest.fixture
def name() -> str:
    """A name that no other test has."""
    return f"thing{next(_numbers)}"


@pytest.fixture
def registry(root: Desk, name: str) -> str:
    """A new private registry."""
    root.post("/registries", {"name": name})
    return name


@pytest.fixture
def dock(harbour: Harbour, root: Desk, registry: str) -> Dock:
    """An image that nobody has pushed to, in a new registry with somebody of every role."""
    root.post(f"/registries/{registry}/repositories", {"name": "apps"})
    people = {role: harbour.somebody((f"{registry}/apps", role)) for role in ("reader", "writer", "manager")}
    return Dock(harbour, root, f"{registry}/apps", people)
