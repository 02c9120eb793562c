"""How a digest stands: whether it was scanned, how that went, and what its findings come to under the image's policy.

An index stands as the images that it lists, and indexes in it: what they found is added up, and it is done when all
of them are.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, exists, select

from berth.db.tables import image, manifest, reevaluated, scan_result
from berth.registry import reach
from berth.registry.images import Image
from berth.registry.latest import Latest
from berth.registry.rows import Row
from berth.scan import coverage, library, news, results
from berth.scan.hiding import hides_secrets
from berth.scan.inventory import OperatingSystem
from berth.scan.queue import WAITS_FOR_ADVISORIES
from berth.scan.tally import Counts, Tally
from berth.words.policies import Level, ScanPolicy

State = Literal["not-scanned", "queued", "running", "done", "failed", "partial", "unsupported"]
"""`partial`: of an index some images were scanned and nobody has asked for the others."""


@dataclass(frozen=True)
class Standing:
    state: State
    code: str
    """Of a failure, or `NO_DATABASE` while it waits for advisories."""
    reason: str
    counts: Counts | None
    """Of the last good scan; None while there is none, which is never the same as nothing found."""
    secrets: int
    hidden_secrets: int
    warnings: int
    """Things that were not checked."""
    scanned_at: datetime | None
    """When the layers were read."""
    evaluated_at: datetime | None
    advisories_at: datetime | None
    images: int = 1
    """How many images it speaks for; of an index those that it lists."""
    scanned: int = 0
    """How many of these have a result."""
    newly_affected_at: datetime | None = None
    """When advisories last told of more, since its layers were read; None also where the policy leaves nothing."""
    states: frozenset[State] = frozenset()
    """Of each of these."""
    progress: int | None = None
    """Percent of its layers that have been read, while it is scanned; of an index that of all its images."""

    @property
    def re_scan_needed(self) -> bool:
        """The result is of an earlier scan, and the last one failed."""
        return self.state == "failed" and self.counts is not None

    @property
    def goes_on(self) -> bool:
        return self.state in ("queued", "running")

    @property
    def waits_for_advisories(self) -> bool:
        return self.code == WAITS_FOR_ADVISORIES


@dataclass(frozen=True)
class _Part:
    """What is known of one image."""

    state: str
    code: str
    reason: str
    tally: Tally | None
    secrets: Mapping[str, int]
    gaps: int
    os: OperatingSystem | None
    scanner: str
    taken_at: datetime | None
    evaluated_at: datetime | None
    advisories_at: datetime | None
    result_id: int | None

    @property
    def is_unchecked(self) -> bool:
        """There is no result, perhaps no more, and nobody has one made."""
        return self.tally is None and self.state in ("", "done")

    @property
    def percent(self) -> int:
        """How far its scan is; `queue.tell` says it while it runs."""
        if self.state == "running":
            return int(self.reason or 0)
        return 0 if self.state == "queued" or self.tally is None else 100


_STATES: Mapping[str, State] = {
    "": "not-scanned",
    "queued": "queued",
    "running": "running",
    "done": "done",
    "failed": "failed",
    "partial": "partial",
}
"""By the words of the column, and one of our own."""


@dataclass(frozen=True)
class _Told:
    """What there are advisories for, and when that is asked."""

    covered: Mapping[str, str]
    at: datetime
    opened: Mapping[int, datetime]
    """By result when it was last found to have more."""

    def gaps(self, part: _Part) -> int:
        if part.tally is None:
            return 0
        found = coverage.gaps(part.os, part.scanner, part.advisories_at, self.covered, at=self.at)
        return sum(1 for _ in found)


UNSUPPORTED = Standing("unsupported", "", "", None, 0, 0, 0, None, None, None, images=0)


def policy_of(tx: Connection, image_id: int) -> ScanPolicy:
    return ScanPolicy.from_json(tx.execute(select(image.c.policy_scan).where(image.c.id == image_id)).scalar_one())


def of(
    tx: Connection, found: Image, rows: Sequence[Row], *, at: datetime, policy: ScanPolicy | None = None
) -> dict[int, Standing]:
    """By id how these digests of an image stand; `policy` is that of the image, where it is known."""
    policy = policy_of(tx, found.id) if policy is None else policy
    listed = _listed(tx, [row.id for row in rows if row.kind == "index"])
    good = {part.result_id for parts in listed.values() for part in parts if part.result_id is not None}
    good |= {row.result.id for row in rows if row.result is not None}
    build = library.current(tx) if good else None
    told = _Told({} if build is None else build.covered, at, news.opened(tx, good, policy))
    return {row.id: _of_one(row, policy, told, listed) for row in rows}


def newly_affected(tx: Connection, found: Image) -> frozenset[int]:
    """The digests of an image that say so, and indexes that list them."""
    policy = policy_of(tx, found.id)
    query = (
        select(manifest.c.id, scan_result.c.id.label("result_id"), scan_result.c.tally)
        .join(scan_result, scan_result.c.id == manifest.c.result_id)
        .where(manifest.c.image_id == found.id, manifest.c.kind == "image", scan_result.c.evaluated_at.is_not(None))
        .where(exists().where(news.IS_NEW, reevaluated.c.result_id == scan_result.c.id))
    )
    rows = tx.execute(query).all()
    opened = news.opened(tx, {row.result_id for row in rows}, policy)
    told = [row for row in rows if row.result_id in opened and Tally.from_json(row.tally).under(policy).total]
    return frozenset(reach.listing(tx, {row.id for row in told}))


def of_latest(tx: Connection, newest: Mapping[int, Latest], *, at: datetime) -> dict[int, Standing]:
    """By image how what its newest tag points at stands, each under the policy of its image."""
    listed = _listed(tx, [each.id for each in newest.values() if each.kind == "index"])
    good: dict[ScanPolicy, set[int]] = defaultdict(set)
    for each in newest.values():
        results = (part.result_id for part in listed.get(each.id, [_part(each)]))
        good[each.policy] |= {number for number in results if number is not None}
    build = library.current(tx) if any(good.values()) else None
    told = {
        policy: _Told({} if build is None else build.covered, at, news.opened(tx, ids, policy))
        for policy, ids in good.items()
    }
    return {number: _of_one(each, each.policy, told[each.policy], listed) for number, each in newest.items()}


def _of_one(row: Row | Latest, policy: ScanPolicy, told: _Told, listed: Mapping[int, Sequence[_Part]]) -> Standing:
    if row.kind == "artifact":
        return UNSUPPORTED
    return _together(listed.get(row.id, []), policy, told) if row.kind == "index" else _alone(_part(row), policy, told)


def _part(row: Row | Latest) -> _Part:
    result = row.result
    return _Part(
        row.scan_state,
        row.scan_code,
        row.scan_reason,
        None if result is None else Tally.from_json(result.tally),
        {} if result is None else result.secrets,
        0 if result is None else len(result.gaps),
        None if result is None else results.os_of(result.os),
        "" if result is None else result.scanner,
        None if result is None else result.taken_at,
        None if result is None else result.evaluated_at,
        None if result is None else result.advisories_at,
        None if result is None else result.id,
    )


def _alone(part: _Part, policy: ScanPolicy, told: _Told) -> Standing:
    return _shown("" if part.is_unchecked else part.state, part, [part], policy, told)


def _together(parts: Sequence[_Part], policy: ScanPolicy, told: _Told) -> Standing:
    """The worst news first: what goes on, what failed, what nobody asked for."""
    if not parts:
        return UNSUPPORTED
    states = ["" if part.is_unchecked else part.state for part in parts]
    for state in ("running", "queued", "failed"):
        if state in states:
            return _shown(state, parts[states.index(state)], parts, policy, told)
    if "" in states and "done" in states:
        return _shown("partial", parts[states.index("")], parts, policy, told)
    return _shown(states[0], parts[0], parts, policy, told)


def _shown(state: str, telling: _Part, parts: Sequence[_Part], policy: ScanPolicy, told: _Told) -> Standing:
    tallies = [part.tally for part in parts if part.tally is not None]
    secrets = sum(sum(part.secrets.values()) for part in parts)
    hides = hides_secrets(policy)
    counts = sum(tallies, start=Tally()).under(policy) if tallies else None
    opened = [at for part in parts if (at := told.opened.get(part.result_id or 0)) is not None]
    return Standing(
        _STATES[state],
        telling.code,
        "" if state == "running" else telling.reason,
        counts,
        0 if hides else secrets,
        secrets if hides else 0,
        sum(part.gaps + told.gaps(part) for part in parts),
        _earliest(part.taken_at for part in parts),
        _earliest(part.evaluated_at for part in parts),
        _earliest(part.advisories_at for part in parts),
        images=len(parts),
        scanned=len(tallies),
        newly_affected_at=max(opened, default=None) if counts is not None and counts.total else None,
        states=frozenset("not-scanned" if part.is_unchecked else _STATES[part.state or "done"] for part in parts),
        progress=sum(part.percent for part in parts) // len(parts) if state == "running" else None,
    )


def _earliest(times: Iterable[datetime | None]) -> datetime | None:
    return min((time for time in times if time is not None), default=None)


def _listed(tx: Connection, index_ids: Collection[int]) -> dict[int, list[_Part]]:
    """By index the images that it lists, and indexes in it; what is no image has no part in it."""
    if not index_ids:
        return {}
    result = (
        scan_result.c.tally,
        scan_result.c.secrets,
        scan_result.c.gaps,
        scan_result.c.os,
        scan_result.c.scanner,
        scan_result.c.taken_at,
        scan_result.c.evaluated_at,
        scan_result.c.advisories_at,
        scan_result.c.id,
    )
    told = (manifest.c.scan_state, manifest.c.scan_code, manifest.c.scan_reason)
    below = reach.listed(index_ids)
    query = (
        select(below.c.root, *told, *result)
        .join(manifest, manifest.c.id == below.c.id)
        .outerjoin(scan_result, scan_result.c.id == manifest.c.result_id)
        .where(manifest.c.kind == "image")
        .order_by(manifest.c.id)
    )
    found: dict[int, list[_Part]] = {}
    for parent, state, code, reason, tally, secrets, gaps, os, scanner, *when, number in tx.execute(query):
        good = when[1] is not None
        taken_at, evaluated_at, advisories_at = when if good else (None, None, None)
        part = _Part(
            state,
            code,
            reason,
            Tally.from_json(tally) if good else None,
            secrets if good else {},
            len(gaps) if good else 0,
            results.os_of(os) if good else None,
            scanner if good else "",
            taken_at,
            evaluated_at,
            advisories_at,
            number if good else None,
        )
        found.setdefault(parent, []).append(part)
    return found


def worst(counts: Counts) -> Level | None:
    """The worst level of which something was found."""
    return next((level for level in reversed(Level) if counts.levels[level]), None)
