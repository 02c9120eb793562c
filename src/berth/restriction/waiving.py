"""Which waivers are in force for a digest, and which findings they cover.

They are asked for only where the plain verdict refuses: one read by an index, and nothing more where there are none.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, or_, select

from berth.db.tables import manifest, manifest_edge, repository, waiver
from berth.registry.images import Image
from berth.restriction import sparing, terms, waivers
from berth.restriction.waivers import Waiver


@dataclass(frozen=True)
class InForce:
    """Those of a digest, by the names of what they waive."""

    by_name: dict[str, list[Waiver]]

    def __bool__(self) -> bool:
        return bool(self.by_name)

    def of(self, vulnerability: str, aliases: Iterable[str], package: str, version: str) -> Waiver | None:
        """The one that covers such a finding, of several the one that lasts longest. Package as advisories call it."""
        fitting = [
            each
            for name in terms.names(vulnerability, aliases)
            for each in self.by_name.get(name, ())
            if fits(each.terms, package, version)
        ]
        return max(fitting, key=lambda each: (each.terms.expires_at, each.id), default=None)

    def covers(self, finding: sparing.Finding) -> bool:
        return self.of(finding.vulnerability, finding.aliases, finding.package, finding.version) is not None


NONE = InForce({})


def of_digest(tx: Connection, found: Image, content: str, *, at: datetime) -> InForce:
    """All that are in force for a digest: its own, those of an index that lists it, and those of all above."""
    mine = manifest.c.image_id == found.id
    above = (
        select(_PARENT.c.digest)
        .join(manifest_edge, manifest_edge.c.parent_id == _PARENT.c.id)
        .join(manifest, manifest.c.id == manifest_edge.c.child_id)
        .where(mine, manifest.c.digest == content)
    )
    for_it = or_(waiver.c.digest.in_(("", content)), waiver.c.digest.in_(above))
    return in_force(_read(tx, _of_image(found), for_it, at=at))


def of_image(tx: Connection, found: Image, *, at: datetime) -> Sequence[Waiver]:
    """All that are in force for an image or for one of its digests."""
    return _read(tx, _of_image(found), at=at)


def of_repository(tx: Connection, repository_id: int, *, at: datetime) -> Sequence[Waiver]:
    """The same of a whole repository."""
    return _read(tx, _of_repository(repository_id), at=at)


def in_force(found: Iterable[Waiver]) -> InForce:
    by_name: dict[str, list[Waiver]] = defaultdict(list)
    for each in found:
        by_name[each.terms.name].append(each)
    return InForce(dict(by_name)) if by_name else NONE


def fits(said: terms.Terms, package: str, version: str) -> bool:
    """Whether a waiver, whatever it waives, is for a package."""
    return (not said.package or said.package.lower() == package.lower()) and said.package_version in ("", version)


_PARENT = manifest.alias("parent")


def _of_image(found: Image) -> ColumnElement[bool]:
    return _of_repository(found.repository_id) & waiver.c.image.in_(("", found.path.image))


def _of_repository(repository_id: int) -> ColumnElement[bool]:
    above = select(repository.c.registry_id).where(repository.c.id == repository_id).scalar_subquery()
    here = waiver.c.repository_id.is_(None) | (waiver.c.repository_id == repository_id)
    return (waiver.c.registry_id == above) & here


def _read(tx: Connection, *where: ColumnElement[bool], at: datetime) -> list[Waiver]:
    query = waivers.shown().where(*where, waivers.of_state("active", at=at)).order_by(waiver.c.id)
    return [waivers.made(row) for row in tx.execute(query).mappings()]


def names(found: Collection[Waiver]) -> set[str]:
    return {each.terms.name for each in found}
