"""Findings that waivers or grace may take away, of all results of an image at once.

They are come to from the vulnerabilities that are waived or were published lately, for these are few, and not from the
results, of which there may be as many as digests.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from berth.db import among
from berth.db.tables import (
    component,
    component_match,
    manifest,
    result_component,
    vulnerability,
    vulnerability_name,
)
from berth.registry import reach
from berth.restriction import findings, sparing, waiving
from berth.restriction.preview.census import Fresh
from berth.restriction.sparing import Finding
from berth.restriction.verdict import NOTHING, Spared
from berth.restriction.waiving import Cover, InForce

Parts = tuple[tuple[int, int], ...]
"""Of a result: the components that have such findings, and how many packages of each it has."""


@dataclass(frozen=True)
class Sparable:
    """Of an image."""

    by_component: Mapping[int, Collection[Finding]]
    by_result: Mapping[int, Parts]
    graced: frozenset[int]
    """Results of which something was published so lately that a grace may spare it."""
    whole: InForce
    """Waivers for all of it."""
    single: Mapping[int, InForce]
    """For digests that have waivers of their own: these with those for all."""
    _known: dict[tuple[int, Parts], Spared] = field(default_factory=dict)
    """What is waived: for one digest, or (0) for all that have no waivers of their own."""
    _values: dict[Spared, Spared] = field(default_factory=dict)

    def waived(self, manifest_id: int, result_id: int | None) -> Spared:
        """Whatever a policy says. What is the same is one object."""
        parts = self.by_result.get(result_id or 0)
        if parts is None:
            return NOTHING
        key = (manifest_id if manifest_id in self.single else 0, parts)
        if key not in self._known:
            found = self._spared(manifest_id, parts, _never)
            self._known[key] = self._values.setdefault(found, found)
        return self._known[key]

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
    """By result of the image which of these components it has."""
    mine = select(manifest.c.result_id).where(manifest.c.image_id == image_id, manifest.c.result_id.is_not(None))
    query = select(result_component).where(result_component.c.result_id.in_(mine))
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for some in reach.batches(components):
        rows = tx.execute(query.where(among(tx, result_component.c.component_id, some))).all()
        for result_id, component_id, units in rows:
            found[result_id].append((component_id, units))
    return {result_id: tuple(sorted(each)) for result_id, each in found.items()}
