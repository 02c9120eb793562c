"""A thousand changed advisories that come into force over all results, while others write."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, select

from bench.client import Failed
from bench.scan import catalogue, waiting
from berth.blobs import open_store
from berth.db import Database
from berth.db.tables import scan_result
from berth.scan import evaluation, library, reevaluation
from berth.scan.advisories import building, kept
from berth.scan.advisories.changed import changes
from berth.scan.advisories.opened import Advisories
from berth.scan.tally import Tally
from berth.settings import Settings
from berth.site import Site

CHECKED = 100
"""Results whose tallies are counted anew afterwards."""


@dataclass(frozen=True)
class Changed:
    seconds: float
    cpu: float
    """Seconds of the processor, of this process alone."""
    components: int
    """That were matched again."""
    results: int
    news: int
    """Results of which more is known, or less."""
    longest: float
    """Seconds of the longest transaction that writes."""
    waited: float
    """Seconds that the longest of the others' writes took."""
    others: int


class _Timed(Database):
    longest = 0.0

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Connection]:
        began = time.perf_counter()
        with super().write(durable=durable) as tx:
            yield tx
        self.longest = max(self.longest, time.perf_counter() - began)


def measured(url: str, folder: Path) -> Changed:
    """Of a filled database whose advisories are in the folder."""
    last = kept.in_force(folder)
    built = building.change(folder, catalogue.changed())
    if last is None:
        raise Failed("there are no advisories to be changed")
    packages = changes(last, built.path).packages
    with closing(_Timed(url)) as database, closing(Advisories.open(built.path)) as advisories:
        site = Site(Settings(data=folder), database, open_store("memory:"))
        build = library.described(advisories, by="bench", key=library.HERE_ALONE)
        with waiting.others(url) as others:
            began, cpu = time.perf_counter(), time.process_time()
            outcome = reevaluation.put_in_force(site, advisories, build, packages)
            seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        count = _checked(database)
        news, components = len(outcome.results), outcome.components
        longest, waited = database.longest, max(others.milliseconds) / 1000
    return Changed(seconds, cpu, components, count, news, longest, waited, len(others.milliseconds))


def _checked(database: Database) -> int:
    """How many results there are, each with the tally that counting it comes to. Raises `Failed`."""
    with database.read() as tx:
        some = tx.execute(select(scan_result.c.id, scan_result.c.tally).order_by(func.random()).limit(CHECKED))
        wrong = [row.id for row in some.all() if evaluation.count(tx, row.id) != Tally.from_json(row.tally)]
        if wrong:
            raise Failed(f"results {wrong} have not the tallies that counting comes to")
        return tx.scalar(select(func.count()).select_from(scan_result)) or 0
