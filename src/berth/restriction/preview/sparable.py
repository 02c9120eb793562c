"""Findings that waivers or grace may take away, of all results of an image at once.

They are come to from the vulnerabilities that are waived or were published lately, for these are few, and not from the
results, of which there may be as many as digests.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
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
from berth.restriction import sparing, waiving
from berth.restriction.findings import LEVELS
from berth.restriction.preview.census import Fresh
from berth.restriction.sparing import Finding
from berth.restriction.verdict import NOTHING, Spared
from berth.restriction.waiving import Cover, InForce
from berth.words.policies import Level


@dataclass(frozen=True)
class Sparable:
    """Of an image."""

    by_result: Mapping[int, list[Finding]]
    whole: InForce
    """Waivers for all of it."""
    single: Mapping[int, InForce]
    """For digests that have waivers of their own: these with those for all."""
    _known: dict[int, Spared] = field(default_factory=dict)
    """By result what is waived for all."""

    def waived(self, manifest_id: int, result_id: int | None) -> Spared:
        """Whatever a policy says."""
        found = self.by_result.get(result_id or 0)
        if found is None:
            return NOTHING
        own = self.single.get(manifest_id)
        if own is not None:
            return sparing.spare(found, waived=own.covers, fresh=_never)
        if result_id not in self._known:
            self._known[result_id or 0] = sparing.spare(found, waived=self.whole.covers, fresh=_never)
        return self._known[result_id or 0]

    def both(self, which: Fresh, grace_days: int, *, at: datetime) -> Spared:
        """What is waived, and what is within a grace."""
        covers = self.single.get(which.manifest_id, self.whole).covers

        def fresh(finding: Finding) -> bool:
            return sparing.is_fresh(finding, grace_days, which.allowed_since, at=at)

        return sparing.spare(self.by_result.get(which.result_id, ()), waived=covers, fresh=fresh)


NONE = Sparable({}, waiving.NONE, {})


def _never(_: Finding) -> bool:
    return False


def of_image(tx: Connection, image_id: int, grace_days: int, *, at: datetime) -> Sparable:
    """`grace_days`: the most that any policy to be tried has."""
    covers = waiving.of_image(tx, image_id, at=at)
    flaws = set(_waived(tx, covers))
    if grace_days:
        recent = vulnerability.c.published > at - timedelta(days=grace_days)
        flaws.update(tx.scalars(select(vulnerability.c.id).where(recent)))
    if not flaws:
        return NONE
    whole = waiving.of(each for each in covers if not each.digest)
    return Sparable(_findings(tx, image_id, flaws), whole, _single(tx, image_id, covers))


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


def _findings(tx: Connection, image_id: int, flaws: Collection[int]) -> dict[int, list[Finding]]:
    """By result, of these vulnerabilities alone."""
    by_component: dict[int, list[Finding]] = defaultdict(list)
    query = (
        select(
            component_match.c.component_id,
            vulnerability.c.name,
            vulnerability.c.aliases,
            vulnerability.c.published,
            component.c.ecosystem,
            component.c.name.label("package"),
            component.c.version,
            component.c.kind,
            component_match.c.level,
            component_match.c.fixed_version,
            component_match.c.found_at,
        )
        .join(component, component.c.id == component_match.c.component_id)
        .join(vulnerability, vulnerability.c.id == component_match.c.vulnerability_id)
        .where(component_match.c.level.in_(LEVELS))
    )
    for some in reach.batches(flaws):
        for row in tx.execute(query.where(among(tx, component_match.c.vulnerability_id, some))):
            by_component[row.component_id].append(
                Finding(
                    row.name,
                    tuple(row.aliases),
                    row.ecosystem,
                    row.package,
                    row.version,
                    row.kind,
                    Level(row.level),
                    row.fixed_version,
                    row.published,
                    row.found_at,
                    0,
                )
            )
    return _by_result(tx, image_id, by_component)


def _by_result(
    tx: Connection, image_id: int, by_component: Mapping[int, Collection[Finding]]
) -> dict[int, list[Finding]]:
    mine = select(manifest.c.result_id).where(manifest.c.image_id == image_id, manifest.c.result_id.is_not(None))
    query = select(result_component).where(result_component.c.result_id.in_(mine))
    found: dict[int, list[Finding]] = defaultdict(list)
    for some in reach.batches(by_component):
        for result_id, component_id, units in tx.execute(query.where(among(tx, result_component.c.component_id, some))):
            found[result_id] += [replace(each, units=units) for each in by_component[component_id]]
    return dict(found)
