"""New advisories come into force: what they changed is matched again, over all results, without reading a layer.

    build made ──> names whose advisories changed ──> their components ──> matches ──> tallies, news ──> in force

Components are worked through in many small transactions while the old build is still in force, for pushes wait for
each of them on SQLite. What scans have added meanwhile is caught up in the one that puts the new build in force.
"""

import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, insert, select, update

from berth.audit import events
from berth.audit.events import SYSTEM
from berth.db import among, insert_many, update_many
from berth.db.tables import advisory_file, reevaluated, reevaluation, scan_result
from berth.registry import reach
from berth.scan import evaluation, library, news, vulnerabilities, waking
from berth.scan.advisories.opened import Advisories
from berth.scan.evaluation import Matched, News
from berth.scan.library import Build
from berth.scan.matches import Component
from berth.scan.results import BUILTIN
from berth.site import Site
from berth.words.policies import Level


@dataclass(frozen=True)
class Pace:
    """How much is done in one transaction, and how long others may come after it."""

    components: int
    """That are matched together."""
    tallies: int
    """That change in one transaction; more of them only where one component is in more results."""
    rest: float = 0
    """Seconds."""
    long_rest: float = 0
    """After a transaction that took so long that those who wait seldom look."""


ALONE = Pace(2_000, 4_000, 0.02, 0.1)
"""SQLite has one writer, and lets whoever asks first be it: that would always be this one."""
BESIDE = Pace(2_000, 8_000)
"""On PostgreSQL only those wait who want the same rows."""
LONG = 0.2

Packages = Collection[tuple[str, str]]
"""By ecosystem and name."""

log = structlog.get_logger("berth.scan")


@dataclass
class Outcome:
    """What came of it."""

    id: int
    at: datetime
    names: int = 0
    components: int = 0
    opened: int = 0
    closed: int = 0
    results: dict[int, News] = field(default_factory=lambda: defaultdict(News))
    """Those that have news."""


def put_in_force(site: Site, advisories: Advisories, build: Build, changed: Packages | None) -> Outcome:
    """Match again what changed for these packages (None: everything), and let the build be in force."""
    with site.db.write(durable=False) as tx:
        outcome = _begun(tx, build, changed, at=site.now())
    with site.db.read() as tx:
        waiting = _affected(tx, changed)
    pace = ALONE if site.db.is_embedded else BESIDE
    for some in _parts(waiting, pace):
        matched = evaluation.matched(advisories, some)
        for part in _light(site, matched, pace):
            began = time.monotonic()
            with site.db.write(durable=False) as tx:
                _hold(tx)  # a scan that ends now is through before this, or counts what this has kept
                _keep(tx, part, outcome, at=site.now())
            time.sleep(pace.rest if time.monotonic() - began < LONG else pace.long_rest)
        outcome.components += len(matched)
    with site.db.write() as tx:
        _hold(tx)
        late = evaluation.matched(advisories, _affected(tx, changed, but=waiting))
        outcome.components += len(late)
        _keep(tx, late, outcome, at=site.now())
        old = library.put_in_force(tx, build)
        _announce(tx, build, outcome, at=site.now())
    woken = waking.wake(site)
    _label(site, build)
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


def _begun(tx: Connection, build: Build, changed: Packages | None, *, at: datetime) -> Outcome:
    """What is found later is written down in the transaction that finds it, so that none is lost on the way."""
    before = library.current(tx)
    names = 0 if changed is None else len(changed)
    values = {"at": at, "before": "" if before is None else before.id, "advisories": build.id, "names": names}
    counts = dict.fromkeys(("components", "results", "opened", "closed"), 0)
    query = insert(reevaluation).values(**values, **counts).returning(reevaluation.c.id)
    return Outcome(tx.execute(query).scalar_one(), at, names)


def _affected(tx: Connection, names: Packages | None, *, but: Collection[int] = ()) -> dict[int, Component]:
    if names is None:
        return evaluation.every(tx, but=but)
    return {number: each for number, each in evaluation.named(tx, names).items() if number not in but}


def _parts(waiting: Mapping[int, Component], pace: Pace) -> Iterator[dict[int, Component]]:
    """Those of one name together: what is said of it is read once."""
    ordered = sorted(waiting, key=lambda number: (waiting[number].name, number))
    for begins in range(0, len(ordered), pace.components):
        yield {number: waiting[number] for number in ordered[begins : begins + pace.components]}


def _light(site: Site, matched: Mapping[int, Matched], pace: Pace) -> Iterator[dict[int, Matched]]:
    """What of it is to be kept, in parts that change not too much at once. Most of it is as it was."""
    with site.db.read() as tx:
        having = evaluation.differing(tx, matched)
        others = [
            match.vulnerability for number, each in matched.items() if number not in having for match in each.matches
        ]
        told = vulnerabilities.differing(tx, others)
    if told:
        with site.db.write(durable=False) as tx:
            vulnerabilities.remember(tx, told)
    part: dict[int, Matched] = {}
    tallies = 0
    for number, count in having.items():
        if part and tallies + count > pace.tallies:
            yield part
            part, tallies = {}, 0
        part[number] = matched[number]
        tallies += count
    if part:
        yield part


def _hold(tx: Connection) -> None:
    """Let every scan that goes by the build in force come to its end before, or begin anew after."""
    current = advisory_file.c.state == library.CURRENT
    tx.execute(select(advisory_file.c.id).where(current).with_for_update())


def _keep(tx: Connection, matched: Mapping[int, Matched], outcome: Outcome, *, at: datetime) -> None:
    told = evaluation.spread(tx, evaluation.keep(tx, matched, at=at))
    gone = _gone(tx, told)
    fresh: list[dict[str, Any]] = []
    more: list[dict[str, Any]] = []
    for result_id, each in told.items():
        closed = gone.get(result_id, {})
        if each.opened or closed:
            rows = more if result_id in outcome.results else fresh
            mine = outcome.results[result_id]
            outcome.opened += len(each.opened.keys() - mine.opened.keys())
            outcome.closed += len(closed.keys() - mine.closed.keys())
            mine.opened |= each.opened
            mine.closed |= closed
            rows.append(_row(outcome, result_id, mine))
    insert_many(tx, reevaluated, fresh)
    update_many(tx, reevaluated, ["reevaluation_id", "result_id"], more)
    news.settle(tx, {result_id: closed.keys() for result_id, closed in gone.items()}, but=outcome.id)
    counts = {name: getattr(outcome, name) for name in ("components", "opened", "closed")}
    mine_ = reevaluation.c.id == outcome.id
    tx.execute(update(reevaluation).where(mine_).values(**counts, results=len(outcome.results)))


def _gone(tx: Connection, told: Mapping[int, News]) -> dict[int, dict[str, Level]]:
    """By result what is closed in it: what another of its packages still has is not."""
    closed = {result_id: each.closed for result_id, each in told.items() if each.closed}
    for result_id, name in news.still(tx, closed):
        closed[result_id] = {other: level for other, level in closed[result_id].items() if other != name}
    return {result_id: each for result_id, each in closed.items() if each}


def _row(outcome: Outcome, result_id: int, mine: News) -> dict[str, Any]:  # Any: column values
    told = {"opened": evaluation.worst_first(mine.opened), "closed": evaluation.worst_first(mine.closed)}
    opened_at = outcome.at if mine.opened else None
    return {"reevaluation_id": outcome.id, "result_id": result_id, "opened_at": opened_at, **told}


def _announce(tx: Connection, build: Build, outcome: Outcome, *, at: datetime) -> None:
    """One event for all digests, where there is news of any; which they are stands in the list of news."""
    if not outcome.results:
        return
    affected = sum(bool(each.opened) for each in outcome.results.values())
    numbers = {"results": len(outcome.results), "newly_affected": affected, "opened": outcome.opened}
    facts = {"advisories": build.id, "reevaluation": outcome.id, **numbers, "closed": outcome.closed}
    events.record(tx, SYSTEM, "scan.news", "advisories", at=at, after=facts)


def _label(site: Site, build: Build) -> None:
    """Let all results that were evaluated say that they go by this build; those of other scanners go by none of ours.

    Cut off, some go on saying the one before, until advisories change again.
    """
    mine = (scan_result.c.scanner == BUILTIN) & scan_result.c.evaluated_at.is_not(None)
    other = mine & (scan_result.c.advisories != build.id)
    with site.db.read() as tx:
        ids = list(tx.scalars(select(scan_result.c.id).where(other)))
    for some in reach.batches(ids):
        with site.db.write(durable=False) as tx:
            if not evaluation.under(tx, build.id):
                return
            values = {"evaluated_at": site.now(), "advisories": build.id, "advisories_at": build.made_at}
            tx.execute(update(scan_result).where(among(tx, scan_result.c.id, some), mine).values(**values))
