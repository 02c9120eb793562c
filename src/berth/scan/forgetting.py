"""What nobody needs any more of scans goes: results, components, vulnerabilities, layers that were read, and old news.

A result is marked once no digest has it, neither in an image nor in the trash, and no scan is about to give it to one.
It goes when it has been marked for as long as the trash keeps things and a day; pushed till then, it is known still.

What goes is asked for first, then deleted in small transactions that ask again. On PostgreSQL others may write
meanwhile: a row that somebody holds is left to the next round, and who finds one gone makes it anew.
"""

from collections.abc import Sequence
from datetime import timedelta

import structlog
from sqlalchemy import ColumnElement, Table, delete, exists, func, select, update

from berth.db.tables import (
    component,
    component_match,
    manifest,
    reevaluated,
    reevaluation,
    result_component,
    scan,
    scan_layer,
    scan_result,
    trash,
    vulnerability,
)
from berth.jobs import job
from berth.registry import reach
from berth.registry.trash import kept
from berth.scan import steps
from berth.scan.queue import GOING_ON
from berth.site import Site

DAY = timedelta(days=1)
LAYERS = timedelta(days=30)
"""What was read in a layer is kept so long after it was last of use."""
NEWS = timedelta(days=90)
FEW = 50
"""Results that go at once: each takes a hundred rows along, or more."""
MANY = 500

log = structlog.get_logger("berth.scan")


@job("scan.forget")
def forget(site: Site) -> None:
    log.info("scans forgotten", **once(site))


def once(site: Site) -> dict[str, int]:
    """One whole round; returns how many of each went."""
    mark(site)
    return {
        "results": _drop_results(site),
        "components": _drop(site, component, _is_in_no_result()),
        "vulnerabilities": _drop(site, vulnerability, _has_no_match()),
        "layers": _drop_layers(site),
        "news": _drop_news(site),
    }


def mark(site: Site) -> None:
    """Let each result that nobody has say since when, and no other one."""
    unused = _is_unused()
    fresh, used = scan_result.c.unused_at.is_(None) & unused, scan_result.c.unused_at.is_not(None) & ~unused
    for which, at in ((fresh, site.now()), (used, None)):
        for ids in reach.batches(_ids(site, scan_result, which), MANY):
            with steps.write(site) as tx:
                tx.execute(update(scan_result).where(scan_result.c.id.in_(ids), which).values(unused_at=at))


def _drop_results(site: Site) -> int:
    over = scan_result.c.unused_at <= site.now() - kept(site.settings) - DAY
    return _drop(site, scan_result, over & _is_unused(), FEW)


def _drop(site: Site, table: Table, which: ColumnElement[bool], at_once: int = MANY) -> int:
    gone = 0
    for ids in reach.batches(_ids(site, table, which), at_once):
        with steps.write(site) as tx:
            mine = select(table.c.id).where(table.c.id.in_(ids)).order_by(table.c.id)
            free = list(tx.scalars(mine.with_for_update(skip_locked=True)))
            gone += tx.execute(delete(table).where(table.c.id.in_(free), which)).rowcount
    return gone


def _drop_layers(site: Site) -> int:
    old, gone = scan_layer.c.used_at < site.now() - LAYERS, 0
    with site.db.read() as tx:
        digests = tx.scalars(select(scan_layer.c.digest).where(old)).all()
    for some in reach.batches(digests, FEW):
        with steps.write(site) as tx:
            mine = select(scan_layer.c.digest).where(scan_layer.c.digest.in_(some), old)
            tx.execute(mine.order_by(scan_layer.c.digest).with_for_update())
            gone += tx.execute(delete(scan_layer).where(scan_layer.c.digest.in_(some), old)).rowcount
    return gone


def _drop_news(site: Site) -> int:
    """The rows of digests first, for one change may have many."""
    ids, gone = _ids(site, reevaluation, reevaluation.c.at < site.now() - NEWS), 0
    for each in ids:
        with site.db.read() as tx:
            told = tx.scalars(select(reevaluated.c.result_id).where(reevaluated.c.reevaluation_id == each)).all()
        for some in reach.batches(told, MANY):
            with steps.write(site) as tx:
                mine = (reevaluated.c.reevaluation_id == each) & reevaluated.c.result_id.in_(some)
                tx.execute(delete(reevaluated).where(mine))
        with steps.write(site) as tx:
            gone += tx.execute(delete(reevaluation).where(reevaluation.c.id == each)).rowcount
    return gone


def _ids(site: Site, table: Table, which: ColumnElement[bool]) -> Sequence[int]:
    with site.db.read() as tx:
        return tx.scalars(select(table.c.id).where(which)).all()


def _is_unused() -> ColumnElement[bool]:
    """The trash tells the digest of what it has, and has it for all images: that is enough to keep its results."""
    named = exists().where(manifest.c.result_id == scan_result.c.id)
    going_on = select(manifest.c.digest).join(scan, scan.c.manifest_id == manifest.c.id)
    awaited = going_on.where(scan.c.state.in_(GOING_ON))
    return ~named & scan_result.c.digest.not_in(awaited) & scan_result.c.digest.not_in(select(trash.c.digest))


def _is_in_no_result() -> ColumnElement[bool]:
    """The newest stays in any case: SQLite would give its number to the next, while some still mean it."""
    newest = select(func.max(component.c.id)).scalar_subquery()
    return ~exists().where(result_component.c.component_id == component.c.id) & (component.c.id < newest)


def _has_no_match() -> ColumnElement[bool]:
    return ~exists().where(component_match.c.vulnerability_id == vulnerability.c.id)
