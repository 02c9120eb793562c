"""Fetching what has changed in the advisories: in the background every few hours, or when somebody asks.

    asked ──> each ecosystem: fetched or why not ──building──> a build ──reevaluation──> in force

An ecosystem that fails leaves the others alone and its own last rows in force. An update that fails changes nothing
and fails no scan: its operation says why. One at a time; the others wait.

What was fetched of each ecosystem stands in the items of the operation, so the next update, on whichever machine,
goes on from there. It does so only where the build in force still has just what that update put there; what was rolled
back or imported over is fetched as a whole.
"""

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path

import structlog
from sqlalchemy import Connection, select, update

from berth.audit import events
from berth.audit.events import SYSTEM, Actor
from berth.db.tables import component, operation
from berth.jobs import job
from berth.registry import operations
from berth.registry.operations import Item, Operation
from berth.scan import ecosystems, importing
from berth.scan.advisories import building, kept
from berth.scan.advisories.archives import SourceRefused
from berth.scan.advisories.building import NothingLearnt
from berth.scan.advisories.kept import BuildBusy
from berth.scan.advisories.layout import AdvisoriesUnreadable
from berth.scan.advisories.opened import Advisories, Source
from berth.scan.fetching import exports, mirrors
from berth.scan.fetching.exports import Known, Taken
from berth.scan.fetching.failures import NotFetched, Unreachable
from berth.scan.fetching.mirrors import Mirror
from berth.scan.fetching.pace import Pace
from berth.scan.importing import TARGET, UPDATE
from berth.scan.results import EXTERNAL
from berth.settings import Settings
from berth.site import Site

COMMON = (
    "Debian",
    "Ubuntu",
    "Alpine",
    "AlmaLinux",
    "Rocky Linux",
    "Red Hat",
    "SUSE",
    "openSUSE",
    "PyPI",
    "npm",
    "Go",
    "Maven",
    "NuGet",
    "Packagist",
    "RubyGems",
    "crates.io",
)
NOT_BY_ITSELF = frozenset({"Amazon Linux", "CentOS", "Chainguard", "Oracle Linux", "Photon OS", "Wolfi"})
"""OSV has none of them, or their licence leaves it to whoever runs the registry."""
SPREAD = 10
"""An update comes up to a tenth of its period later, so that not all registries ask at the same time."""
SCRATCH = "update-"
PACE = Pace()

Sources = dict[str, Source]

log = structlog.get_logger("berth.scan")


def ask(tx: Connection, actor: Actor, *, at: datetime) -> str:
    """Have what has changed fetched; returns the id of the operation."""
    operation_id = operations.start(tx, UPDATE, TARGET, actor, at=at, total=0)
    update_.put(tx, at=at, operation_id=operation_id)
    events.record(tx, actor, "advisories.update", TARGET, at=at)
    return operation_id


def subscribed(tx: Connection, settings: Settings) -> tuple[str, ...]:
    """The ecosystems that are fetched."""
    if settings.advisories_ecosystems:
        return settings.advisories_ecosystems
    ours = ~component.c.ecosystem.startswith(EXTERNAL)
    seen = {ecosystems.base(each) for each in tx.scalars(select(component.c.ecosystem).where(ours).distinct())}
    return (*COMMON, *sorted(seen - NOT_BY_ITSELF - set(COMMON)))


@job("scan.update_advisories_when_due")
def when_due(site: Site) -> None:
    """Ask for an update when the last one, by hand or not, began long enough ago."""
    hours = site.settings.advisories_hours
    if not hours:
        return
    query = select(operation).where(operation.c.kind == UPDATE).order_by(operation.c.started_at.desc()).limit(1)
    with site.db.read() as tx:
        last = tx.execute(query).first()
    if last is None or (last.ended_at is not None and site.now() >= last.started_at + _period(hours, last.id)):
        with site.db.write() as tx:
            ask(tx, SYSTEM, at=site.now())


def _period(hours: int, operation_id: str) -> timedelta:
    """The spread is drawn from the id, for it is random and every worker reads the same."""
    seconds = hours * 3600
    return timedelta(seconds=seconds + int(operation_id[:8], 16) % (seconds // SPREAD))


@job("scan.update_advisories")
def update_(site: Site, *, operation_id: str) -> None:
    run(site, operation_id, PACE)


def run(site: Site, operation_id: str, pace: Pace) -> None:
    """Raises `BuildBusy` while another one is at it: the job rests and runs again."""
    with _alone(importing.folder_of(site)) as scratch:
        with site.db.write() as tx:
            begun = operations.begin(tx, operation_id)
            if begun.ended:
                return
            wanted = subscribed(tx, site.settings)
            tx.execute(update(operation).where(operation.c.id == operation_id).values(total=len(wanted)))
        with contextlib.closing(mirrors.opened(site.settings.advisories_url, pace)) as mirror:
            parts = _update(site, begun, wanted, mirror, scratch)
        reason = _reason(parts)
        with site.db.write() as tx:
            operations.end(tx, operation_id, at=site.now(), reason=reason, items=[each.item() for each in parts])
    if reason:
        log.warning("advisories not updated", reason=reason)


@dataclass(frozen=True)
class _Part:
    """What became of one ecosystem."""

    ecosystem: str
    known: Known | None
    source: Source | None = None
    """What the build in force has of it."""
    taken: Taken | None = None
    reason: str = ""
    """Why it was not updated."""

    def item(self) -> Item:
        known, source = self.known, self.source
        return {
            "item": self.ecosystem,
            "state": "failed" if self.reason else "done",
            "reason": self.reason,
            "fetched": self.taken.way if self.taken is not None and not self.reason else "nothing",
            "records": source.records if source is not None else 0,
            "last_modified": _text(source.last_modified if source is not None else None),
            "seen": _text(known.seen if known is not None else None),
            "whole_at": _text(known.whole_at if known is not None else None),
            "tags": [known.list_tag, known.whole_tag] if known is not None else [],
        }


def _update(site: Site, begun: Operation, wanted: tuple[str, ...], mirror: Mirror, scratch: Path) -> list[_Part]:
    folder = importing.here(site, whole=True)
    base = kept.in_force(folder)
    sources = _sources(base)
    with site.db.read() as tx:
        known = _remembered(tx, sources)
    parts = [_Part(each, known.get(each), sources.get(each)) for each in wanted]
    parts = list(_fetched(site, begun, parts, mirror, scratch))
    try:
        with importing.changing(site):
            return _put_in_force(site, begun, parts, base)
    except (SourceRefused, NothingLearnt, AdvisoriesUnreadable, OSError, sqlite3.Error) as failed:
        reason = str(failed) or type(failed).__name__
        return [_Part(each.ecosystem, known.get(each.ecosystem), each.source, reason=reason) for each in parts]


def _fetched(site: Site, begun: Operation, parts: list[_Part], mirror: Mirror, scratch: Path) -> Iterator[_Part]:
    away = ""
    for number, part in enumerate(parts):
        if away:
            yield replace(part, reason=away)
            continue
        mine = scratch / str(number)
        mine.mkdir()
        there = part.source.records if part.source is not None else 0
        try:
            taken = exports.take(mirror, part.ecosystem, part.known, there, mine, at=site.now())
            yield replace(part, taken=taken, known=taken.known)
        except Unreachable as failed:
            away = str(failed)
            yield replace(part, reason=away)
        except (NotFetched, OSError) as failed:
            yield replace(part, reason=str(failed))
        with site.db.write(durable=False) as tx:
            tx.execute(update(operation).where(operation.c.id == begun.id).values(finished=number + 1))


def _put_in_force(site: Site, begun: Operation, parts: list[_Part], base: Path | None) -> list[_Part]:
    fresh = [each.taken for each in parts if each.taken is not None and each.taken.files]
    if not fresh:
        return parts
    whole = [each.ecosystem for each in fresh if each.way == "whole"]
    records = chain.from_iterable(each.records() for each in fresh)
    built = building.change(importing.folder_of(site), records, whole=whole)
    log.info("advisories built", build=built.build, read=built.tally.read, skipped=built.tally.skipped)
    if kept.in_force(importing.here(site, whole=True)) not in {base, built.path}:
        raise BuildBusy(str(built.path))  # another machine was faster; what it has must not be lost
    importing.put_in_force(site, built.path, begun.started_by)
    sources = _sources(built.path)
    return [replace(each, source=sources.get(each.ecosystem)) for each in parts]


def _remembered(tx: Connection, sources: Sources) -> dict[str, Known]:
    """By ecosystem, what the last update left, where that is still what is in force."""
    ended = (operation.c.kind == UPDATE) & operation.c.state.in_(("done", "failed"))
    query = select(operation.c["items"]).where(ended).order_by(operation.c.started_at.desc(), operation.c.id).limit(1)
    items: list[Item] = tx.scalar(query) or []
    return {each["item"]: _known(each, sources[each["item"]]) for each in items if _is_still(each, sources)}


def _is_still(item: Item, sources: Sources) -> bool:
    source = sources.get(item["item"])
    there = (source.records, _text(source.last_modified)) if source is not None else None
    return bool(item["whole_at"]) and there == (item["records"], item["last_modified"])


def _known(item: Item, source: Source) -> Known:
    seen = datetime.fromisoformat(item["seen"]) if item["seen"] else source.last_modified
    return Known(seen, datetime.fromisoformat(item["whole_at"]), *item["tags"])


def _sources(build: Path | None) -> Sources:
    if build is None:
        return {}
    try:
        with contextlib.closing(Advisories.open(build)) as advisories:
            return {each.ecosystem: each for each in advisories.sources}
    except AdvisoriesUnreadable:
        return {}  # it is made anew, of all that is fetched


def _reason(parts: list[_Part]) -> str:
    """What failed, with those that failed for the same reason together."""
    by_reason: dict[str, list[str]] = {}
    for each in parts:
        if each.reason:
            by_reason.setdefault(each.reason, []).append(each.ecosystem)
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in by_reason.items())


def _text(instant: datetime | None) -> str:
    return instant.isoformat() if instant is not None else ""


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[Path]:
    """A folder to work in, while no other update of this machine works. Raises `BuildBusy`."""
    with kept.alone(folder / "updating", str(folder)):
        for left in folder.glob(f"{SCRATCH}*"):
            shutil.rmtree(left, ignore_errors=True)  # of a worker that was killed
        with tempfile.TemporaryDirectory(dir=folder, prefix=SCRATCH) as scratch:
            yield Path(scratch)
