"""What every test may ask for. Databases are real: SQLite files and a PostgreSQL of the test run's own."""

import contextlib
import gc
import ipaddress
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import structlog

from berth.settings import PREFIX, Settings
from berth.site import Site, open_site
from tests import databases, scratch, statements
from tests.long import LONG, PROFILE

gc.disable()  # until all is collected: little of it is garbage

# What this machine's Berth is told is no business of its tests.
for name in [name for name in os.environ if name.startswith(PREFIX)]:
    del os.environ[name]
# Nor does any process that they start fetch advisories by itself.
os.environ[f"{PREFIX}ADVISORIES_HOURS"] = "0"

scratch.choose()
statements.keep()

# Coloured tracebacks with all local values take seconds to draw.
structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()])

hypothesis.settings.register_profile("quick", deadline=None, max_examples=30)
hypothesis.settings.register_profile("long", deadline=None, max_examples=200)
hypothesis.settings.load_profile(PROFILE)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The short run does not take what is marked as long."""
    left = [] if LONG else [item for item in items if item.get_closest_marker("long")]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


def pytest_collection_finish() -> None:
    """All that was imported and collected stays to the end, and is not to be looked through for garbage again."""
    gc.freeze()
    gc.enable()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The test runs twice, each time with a fresh, migrated database of one kind."""
    return databases.url_of(request)


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    return databases.sqlite_copy(sqlite_template, tmp_path)


@pytest.fixture
def postgresql_url(postgres_templates: databases.PostgresTemplates) -> Iterator[str]:
    with postgres_templates.copy() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Like `database_url`, before any migration."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
    else:
        templates: databases.PostgresTemplates = request.getfixturevalue("postgres_templates")
        with templates.empty() as url:
            yield url


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """A Berth without doors: rooms on a migrated database of either kind, bytes in memory."""
    settings = Settings(data=tmp_path, database_url=database_url, storage_url="memory:")
    with contextlib.closing(open_site(settings)) as opened:
        yield opened


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return databases.sqlite_template(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_templates() -> Iterator[databases.PostgresTemplates]:
    with databases.postgres_templates() as templates:
        yield templates


def _stay_on_loopback(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook: no test of this process reaches the network, or lets the network reach it."""
    if event not in {"socket.bind", "socket.connect"}:
        return
    address = arguments[1]
    if isinstance(address, tuple) and not _is_loopback(str(address[0])):
        raise AssertionError(f"{event} to {address}: tests stay on loopback")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


sys.addaudithook(_stay_on_loopback)
