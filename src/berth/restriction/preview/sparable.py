"""Findings that waivers or grace may take away, of all results of an image at once.

They are come to from the vulnerabilities that are waived or were published lately, for these are few, and not from the
results, of which there may be as many as digests.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, Text, case, cast, func, select, true

from berth.db import among
from berth.db.tables import (
    component,
    component_match,
    manifest,
    result_component,
    scan_result,
    vulnerability,
    vulnerability_name,
)
from berth.registry import reach
from berth.restriction import findings, sparing, waiving
from berth.restriction.preview import packed
from berth.restriction.preview.census import NOTHING, Spareds
from berth.restriction.sparing import Finding
from berth.restriction.waiving import Cover, InForce

MOST = 4
"""An image with a digest for every so many results of all has most of them."""
UNITS = ":"
Parts = tuple[tuple[int, int], ...]
"""Of a result: the components that have such findings, and how many packages of each it has."""


class _Weights(dict[int, int]):
    """By component its findings that are spared, packed, for digests that are alike in what spares them."""

    def __init__(
        self,
        by_component: Mapping[int, Collection[Finding]],
        covers: InForce,
        fresh: Sequence[Callable[[Finding], bool]],
    ) -> None:
        super().__init__()
        self._by_component = by_component
        self._covers = covers
        self._fresh = fresh

    def __missing__(self, component_id: int) -> int:
        found = self[component_id] = sum(map(self._weight, self._by_component[component_id]))
        return found

    def _weight(self, finding: Finding) -> int:
        one = packed.one(finding)
        if self._covers.covers(finding):
            return one
        return sum(one << packed.PART * part for part, is_fresh in enumerate(self._fresh, 1) if is_fresh(finding))


@dataclass(frozen=True)
class Sparable:
    """Of an image."""

    by_component: Mapping[int, Collection[Finding]]
    by_result: Mapping[int, Parts]
    """What is the same is one object."""
    whole: InForce
    """Waivers for all of it."""
    single: Mapping[int, InForce]
    """For digests that have waivers of their own: these with those for all."""
    graces: tuple[int, ...]
    """Days of the graces of all policies to be tried."""
    learned: tuple[datetime, ...]
    """When Berth learned of what may be within one of them, in order."""
    at: datetime
    _weights: dict[tuple[int, int], _Weights] = field(default_factory=dict)
    """For one digest, or (0) all that have no waivers of their own, and by how much was learned before it passed."""
    _known: dict[tuple[int, int, int], Spareds] = field(default_factory=dict)
    """The same of parts, which are known by their identity: looked up for each digest there is."""
    _values: dict[int, Spareds] = field(default_factory=dict)

    def of(self, manifest_id: int, result_id: int | None, allowed_since: datetime | None) -> Spareds:
        """What is the same is one object, and stays."""
        parts = self.by_result.get(result_id or 0)
        if parts is None:
            return NOTHING
        which = manifest_id if manifest_id in self.single else 0
        before = len(self.learned) if allowed_since is None else bisect_right(self.learned, allowed_since)
        key = (which, before, id(parts))
        found = self._known.get(key)
        if found is None:
            weights = self._alike(which, before)
            found = self._known[key] = self._spareds(sum([weights[number] * units for number, units in parts]))
        return found

    def _alike(self, which: int, before: int) -> _Weights:
        found = self._weights.get((which, before))
        if found is None:
            fresh = [self._fresh(days, before) for days in self.graces]
            found = _Weights(self.by_component, self.single.get(which, self.whole), fresh)
            self._weights[which, before] = found
        return found

    def _fresh(self, days: int, before: int) -> Callable[[Finding], bool]:
        """For digests that passed when so much of what may be within a grace had been learned: none where all had."""
        since = self.learned[before - 1] if before else datetime.min.replace(tzinfo=UTC)
        if before == len(self.learned):
            return lambda _: False
        return lambda finding: sparing.is_fresh(finding, days, since, at=self.at)

    def _spareds(self, summed: int) -> Spareds:
        found = self._values.get(summed)
        if found is None:
            found = self._values[summed] = self._made(summed) if summed else NOTHING
        return found

    def _made(self, summed: int) -> Spareds:
        waived = packed.part(summed, 0)
        return {0: waived} | {days: waived + packed.part(summed, part) for part, days in enumerate(self.graces, 1)}


def of_image(tx: Connection, image_id: int, graces: Collection[int], *, at: datetime) -> Sparable:
    """`graces`: the days that policies to be tried have."""
    covers = waiving.of_image(tx, image_id, at=at)
    days = tuple(sorted({each for each in graces if each}))
    flaws, since = set(_waived(tx, covers)), at - timedelta(days=max(days, default=0))
    if days:
        flaws.update(tx.scalars(select(vulnerability.c.id).where(vulnerability.c.published > since)))
    found = _findings(tx, flaws) if flaws else {}
    parts = _parts(tx, image_id, found) if found else {}
    lately = {one.found_at for each in found.values() for one in each if one.published and one.published > since}
    whole = waiving.of(each for each in covers if not each.digest)
    learned = tuple(sorted(lately)) if days else ()
    return Sparable(found, parts, whole, _single(tx, image_id, covers), days, learned, at)


def _waived(tx: Connection, covers: Iterable[Cover]) -> Iterable[int]:
    for names in reach.batches(each.name for each in covers):
        query = select(vulnerability_name.c.vulnerability_id).where(vulnerability_name.c.name.in_(names))
        yield from tx.scalars(query)


def _single(tx: Connection, image_id: int, covers: Collection[Cover]) -> dict[int, InForce]:
    digests = {each.digest for each in covers if each.digest}
    if not digests:
        return {}
    known = waiving.among(tx, image_id, digests)
    return {
        number: waiving.of(each for each in covers if not each.digest or each.digest in mine)
        for number, mine in known.items()
    }


def _findings(tx: Connection, flaws: Collection[int]) -> dict[int, list[Finding]]:
    """By component, of these vulnerabilities alone."""
    by_component: dict[int, list[Finding]] = defaultdict(list)
    query = (
        select(component_match.c.component_id, *findings.COLUMNS)
        .join(component, component.c.id == component_match.c.component_id)
        .join(vulnerability, vulnerability.c.id == component_match.c.vulnerability_id)
        .where(component_match.c.level.in_(findings.LEVELS))
    )
    for some in reach.batches(flaws):
        for row in tx.execute(query.where(among(tx, component_match.c.vulnerability_id, some))):
            by_component[row.component_id].append(findings.of(row, 0))
    return dict(by_component)


def _parts(tx: Connection, image_id: int, components: Collection[int]) -> dict[int, Parts]:
    """By result which of these components it has: of all results of the image, and perhaps of others.

    Of each component the database writes the results in one text: a row for each result and component would take
    longer to hand over than all else that a preview does.
    """
    listed: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for some in reach.batches(components):
        for component_id, text in tx.execute(_holders(tx, image_id, some)):
            single, places = (component_id, 1), text.split(",")
            if UNITS not in text:
                for number in map(int, places):
                    listed[number].append(single)
                continue
            for place in places:
                result_id, _, units = place.partition(UNITS)
                listed[int(result_id)].append((component_id, int(units)) if units else single)
    same: dict[Parts, Parts] = {}
    return {result_id: same.setdefault(found := tuple(each), found) for result_id, each in listed.items()}


def _holders(tx: Connection, image_id: int, components: Sequence[int]) -> Select[Any]:  # Any: columns
    """`7,9:2`: the results that have a component, and how many packages of it where it is not one.

    Those of the image are among them.
    """
    own = manifest.alias("own")
    mine = select(own.c.result_id).where(own.c.image_id == image_id, own.c.result_id.is_not(None))
    column = result_component.c
    # To pick out most of them takes longer than to read some of others, which nobody will look up.
    here = true() if _has_most(tx, image_id) else column.result_id.in_(mine)
    result = cast(column.result_id, Text)
    one = case((column.units == 1, result), else_=result + UNITS + cast(column.units, Text))
    return (
        select(column.component_id, func.aggregate_strings(one, ","))
        .where(among(tx, column.component_id, components), here)
        .group_by(column.component_id)
        .order_by(column.component_id)
    )


def _has_most(tx: Connection, image_id: int) -> bool:
    """Whether an image has so many of all results that nothing is gained by looking at its own alone."""
    digests = tx.scalar(select(func.count()).where(manifest.c.image_id == image_id))
    last = tx.scalar(select(func.max(scan_result.c.id)))
    return MOST * (digests or 0) >= (last or 0)
