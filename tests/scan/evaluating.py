"""Results of made components, and two who write at the same time."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace

from sqlalchemy import Connection, text

from berth.db import Database
from berth.scan import results
from berth.scan.inventory import Inventory, OperatingSystem, Package
from berth.scan.layers.contents import ANALYZER_VERSION
from berth.scan.matches import Component
from berth.scan.results import BUILTIN
from berth.site import Site

DEBIAN = OperatingSystem("debian", "12")


def packages(component: Component, units: int) -> list[Package]:
    """So many of the system are built from one source; of a language there is one."""
    name, version = component.name, component.version
    if component.kind == "language":
        return [Package("language", "pypi", name, version)]
    return [Package("os", "deb", f"{name}-{each}", version, name, version) for each in range(units)]


def store(tx: Connection, site: Site, digest: str, components: Mapping[Component, int]) -> int:
    """A result that waits for its evaluation: its components, and how many packages each has."""
    listed = [each for key, units in components.items() for each in packages(key, units)]
    how = {"scanner": BUILTIN, "scanner_version": "test", "analyzer": ANALYZER_VERSION}
    return results.store(tx, digest, Inventory(DEBIAN, tuple(listed)), at=site.now(), **how)  # type: ignore[arg-type]


class Interrupted(Database):
    """A database that somebody else writes to before one of our transactions: the first, the second, ..."""

    def __init__(self, url: str, before: int, act: Callable[[], object]) -> None:
        super().__init__(url)
        self._left = before
        self._act = act
        self.happened = False

    @contextmanager
    def read(self) -> Iterator[Connection]:
        self._interrupt()
        with super().read() as tx:
            yield tx

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Connection]:
        self._interrupt()
        with super().write(durable=durable) as tx:
            yield tx

    def _interrupt(self) -> None:
        if self._left == 0 and not self.happened:
            self.happened = True
            self._act()
        self._left -= 1


@contextmanager
def interrupted(site: Site, before: int, act: Callable[[], object]) -> Iterator[tuple[Site, Interrupted]]:
    database = Interrupted(site.db.url.render_as_string(hide_password=False), before, act)
    try:
        yield replace(site, db=database), database
    finally:
        database.close()


class Watched(Database):
    """A database that somebody looks at before each of our transactions."""

    def __init__(self, url: str, look: Callable[[], object]) -> None:
        super().__init__(url)
        self._look = look

    @contextmanager
    def read(self) -> Iterator[Connection]:
        self._look()
        with super().read() as tx:
            yield tx

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Connection]:
        self._look()
        with super().write(durable=durable) as tx:
            yield tx


@contextmanager
def watched(site: Site, look: Callable[[], object]) -> Iterator[Site]:
    with closing(Watched(site.db.url.render_as_string(hide_password=False), look)) as database:
        yield replace(site, db=database)


@contextmanager
def hasty(site: Site) -> Iterator[Connection]:
    """Another writer, who waits for nobody: it raises `OperationalError` where somebody else holds what it wants."""
    with closing(Database(site.db.url.render_as_string(hide_password=False))) as other, other.write() as tx:
        tx.execute(text("SET LOCAL lock_timeout = '50ms'"))
        yield tx
