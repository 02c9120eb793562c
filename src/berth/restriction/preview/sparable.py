"""Findings that waivers or grace may take away, of all results of an image at once.

They are come to from the vulnerabilities that are waived or were published lately, for these are few, and not from the
results, of which there may be as many as digests.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, Text, case, cast, func, select

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
from berth.restriction.preview.census import Fresh
from berth.restriction.sparing import Finding
from berth.restriction.verdict import NOTHING, Spared
from berth.restriction.waiving import Cover, InForce

MOST = 4
"""An image with a digest for every so many results of all has most of them."""
UNITS = ":"
Parts = tuple[tuple[int, int], ...]
"""Of a result: the components that have such findings, and how many packages of each it has."""


@dataclass(frozen=True)
class Sparable:
    """Of an image."""

    by_component: Mapping[int, Collection[Finding]]
    by_result: Mapping[int, Parts]
    """What is the same is one object."""
    graced: frozenset[int]
    """Results of which something was published so lately that a grace may spare it."""
    whole: InForce
    """Waivers for all of it."""
    single: Mapping[int, InForce]
    """For digests that have waivers of their own: these with those for all."""
    _known: dict[tuple[int, int], Spared] = field(default_factory=dict)
    """What is waived of parts, which are known by their identity: looked up for each digest there is.

    For one digest, or (0) for all that have no waivers of their own.
    """
    _values: dict[Spared, Spared] = field(default_factory=dict)

    def waived(self, manifest_id: int, result_id: int | None) -> Spared:
        """Whatever a policy says. What is the same is one object."""
        parts = self.by_result.get(result_id or 0)
        if parts is None:
            return NOTHING
        key = (manifest_id if manifest_id in self.single else 0, id(parts))
        found = self._known.get(key)
        if found is None:
            made = self._spared(manifest_id, parts, _never)
            found = self._known[key] = self._values.setdefault(made, made)
        return found

    def both(self, which: Fresh, grace_days: int, *, at: datetime) -> Spared:
        """What is waived, and what is within a grace."""

        def fresh(finding: Finding) -> bool:
            return sparing.is_fresh(finding, grace_days, which.allowed_since, at=at)

        return self._spared(which.manifest_id, self.by_result.get(which.result_id, ()), fresh)

    def _spared(self, manifest_id: int, parts: Parts, fresh: Callable[[Finding], bool]) -> Spared:
        covers = self.single.get(manifest_id, self.whole).covers
        found = (replace(each, units=units) for number, units in parts for each in self.by_component[number])
        return sparing.spare(found, waived=covers, fresh=fresh)


NONE = Sparable({}, {}, frozenset(), waiving.NONE, {})


def _never(_: Finding) -> bool:
    return False


def of_image(tx: Connection, image_id: int, grace_days: int, *, at: datetime) -> Sparable:
    """`grace_days`: the most that any policy to be tried has."""
    covers = waiving.of_image(tx, image_id, at=at)
    flaws, since = set(_waived(tx, covers)), at - timedelta(days=grace_days)
    if grace_days:
        flaws.update(tx.scalars(select(vulnerability.c.id).where(vulnerability.c.published > since)))
    if not flaws:
        return NONE
    found = _findings(tx, flaws)
    parts = _parts(tx, image_id, found)
    lately = {
        number
        for number, each in found.items()
        if any(one.published is not None and one.published > since for one in each)
    }
    graced = (number for number, each in parts.items() if grace_days and any(one in lately for one, _ in each))
    whole = waiving.of(each for each in covers if not each.digest)
    return Sparable(found, parts, frozenset(graced), whole, _single(tx, image_id, covers))


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
    """By result of the image which of these components it has.

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
    """`7,9:2`: the results that have a component, and how many packages of it where it is not one."""
    own = manifest.alias("own")
    mine = select(own.c.result_id).where(own.c.image_id == image_id, own.c.result_id.is_not(None))
    column = result_component.c
    # By an expression SQLite finds nothing, so it goes through the components and not through both at once.
    here = column.result_id + 0 if _has_most(tx, image_id) else column.result_id
    result = cast(column.result_id, Text)
    one = case((column.units == 1, result), else_=result + UNITS + cast(column.units, Text))
    return (
        select(column.component_id, func.aggregate_strings(one, ","))
        .where(among(tx, column.component_id, components), here.in_(mine))
        .group_by(column.component_id)
        .order_by(column.component_id)
    )


def _has_most(tx: Connection, image_id: int) -> bool:
    """Whether an image has so many of all results that SQLite, which counts none, had better begin elsewhere."""
    if tx.dialect.name != "sqlite":
        return False
    digests = tx.scalar(select(func.count()).where(manifest.c.image_id == image_id))
    last = tx.scalar(select(func.max(scan_result.c.id)))
    return MOST * (digests or 0) >= (last or 0)
