"""New advisories come into force: what they changed is matched again, over all results, without reading a layer.

    build made ──> names whose advisories changed ──> their components ──> matches ──> tallies ──> in force

Components are worked through in small transactions while the old build is still in force; what scans have added
meanwhile is caught up in the last one, which puts the new build in force.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy import Connection, func, insert, select, update

from berth.db.tables import component, reevaluated, reevaluation, scan_result
from berth.scan import evaluation, library, matching, queue
from berth.scan.advisories.opened import Advisories
from berth.scan.evaluation import Matched, News
from berth.scan.library import Build
from berth.scan.matches import Component
from berth.site import Site

AT_ONCE = 500
"""Components that are matched and kept in one transaction."""

Packages = Collection[tuple[str, str]]
"""By ecosystem and name."""

log = structlog.get_logger("berth.scan")


@dataclass
class Outcome:
    """What came of it."""

    names: int = 0
    components: int = 0
    results: dict[int, News] = field(default_factory=lambda: defaultdict(News))

    @property
    def opened(self) -> int:
        return sum(len(news.opened) for news in self.results.values())

    @property
    def closed(self) -> int:
        return sum(len(news.closed) for news in self.results.values())


def put_in_force(site: Site, advisories: Advisories, build: Build, changed: Packages | None) -> Outcome:
    """Match again what changed for these packages (None: everything), and let the build be in force."""
    outcome = Outcome(names=0 if changed is None else len(changed))
    with site.db.read() as tx:
        newest = tx.scalar(select(func.max(component.c.id))) or 0
        waiting = _affected(tx, changed, after=0)
    numbers = sorted(waiting)
    for begins in range(0, len(numbers), AT_ONCE):
        some = {number: waiting[number] for number in numbers[begins : begins + AT_ONCE]}
        matched = _match(advisories, some)
        with site.db.write(durable=False) as tx:
            _keep(tx, matched, outcome, at=site.now())
    with site.db.write() as tx:
        at = site.now()
        _keep(tx, _match(advisories, _affected(tx, changed, after=newest)), outcome, at=at)
        before = library.current(tx)
        old = library.put_in_force(tx, build)
        fresh = {"evaluated_at": at, "advisories": build.id, "advisories_at": build.made_at}
        tx.execute(update(scan_result).where(scan_result.c.evaluated_at.is_not(None)).values(**fresh))
        _record(tx, outcome, "" if before is None else before.id, build.id, at=at)
        woken = queue.wake(tx, at=at)
    for key in old:
        site.blobs.delete(key)
    log.info(
        "advisories in force",
        build=build.id,
        names=outcome.names,
        components=outcome.components,
        results=len(outcome.results),
        opened=outcome.opened,
        closed=outcome.closed,
        woken=woken,
    )
    return outcome


def _affected(tx: Connection, names: Packages | None, *, after: int) -> dict[int, Component]:
    if names is None:
        return evaluation.every(tx, after=after)
    return evaluation.named(tx, names, after=after)


def _match(advisories: Advisories, components: Mapping[int, Component]) -> dict[int, Matched]:
    return {number: Matched(each, matching.match(advisories, each)) for number, each in components.items()}


def _keep(tx: Connection, matched: Mapping[int, Matched], outcome: Outcome, *, at: datetime) -> None:
    changed = evaluation.keep(tx, matched, at=at)
    outcome.components += len(matched)
    for result_id, news in evaluation.spread(tx, changed).items():
        mine = outcome.results[result_id]
        mine.opened |= news.opened
        mine.closed |= news.closed


def _record(tx: Connection, outcome: Outcome, before: str, after: str, *, at: datetime) -> None:
    """Which results have news, for whoever asks what became newly affected."""
    values = {"at": at, "before": before, "advisories": after, "names": outcome.names}
    counts = {"components": outcome.components, "opened": outcome.opened, "closed": outcome.closed}
    told = {number: news for number, news in outcome.results.items() if news.opened or news.closed}
    query = insert(reevaluation).values(**values, **counts, results=len(told)).returning(reevaluation.c.id)
    number: int = tx.execute(query).scalar_one()
    rows = [
        {
            "reevaluation_id": number,
            "result_id": result_id,
            "opened": evaluation.worst_first(news.opened),
            "closed": evaluation.worst_first(news.closed),
        }
        for result_id, news in told.items()
    ]
    for some in evaluation.batches(rows):
        tx.execute(insert(reevaluated), some)
