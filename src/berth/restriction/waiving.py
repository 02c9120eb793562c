"""Which waivers are in force for digests of an image, and which findings they cover.

They are asked for only where the plain verdict refuses: one read by an index, and nothing more where there are none.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, or_, select

from berth.db.tables import image, manifest, registry, repository, waiver
from berth.registry import reach
from berth.restriction import scopes, terms, waivers
from berth.restriction.sparing import Finding


@dataclass(frozen=True, slots=True)
class Cover:
    """What is to be known of a waiver where a finding is shown or judged."""

    id: int
    place: str
    digest: str
    """Empty: it is for the whole image at the least."""
    name: str
    package: str
    package_version: str
    status: str
    reason: str
    owner: str
    expires_at: datetime

    def fits(self, package: str, version: str) -> bool:
        """Whether it is for a package, as advisories call that, whatever it waives."""
        named = not self.package or self.package.lower() == package.lower()
        return named and self.package_version in ("", version)


@dataclass(frozen=True)
class InForce:
    """Those of a digest, by the names of what they waive."""

    by_name: Mapping[str, Collection[Cover]]

    def __bool__(self) -> bool:
        return bool(self.by_name)

    def of(self, vulnerability: str, aliases: Iterable[str], package: str, version: str) -> Cover | None:
        """The one that covers such a finding; of several the one that lasts longest."""
        fitting = [
            each
            for name in terms.names(vulnerability, aliases)
            for each in self.by_name.get(name, ())
            if each.fits(package, version)
        ]
        return max(fitting, key=lambda each: (each.expires_at, each.id), default=None)

    def covers(self, finding: Finding) -> bool:
        return self.of(finding.vulnerability, finding.aliases, finding.package, finding.version) is not None


NONE = InForce({})


def of_image(tx: Connection, image_id: int, *, at: datetime) -> list[Cover]:
    """All that are in force for an image, for what is above it, and for single digests in it."""
    here = repository.alias("here")
    columns = (waiver.c[name] for name in ("id", "image", "digest", "name", "package", "package_version", *_SAID))
    query = (
        select(*columns, registry.c.name.label("registry"), repository.c.name.label("repository"))
        .select_from(scopes.joined())
        .join(image, image.c.id == image_id)
        .join(here, here.c.id == image.c.repository_id)
        .where(
            waiver.c.registry_id == here.c.registry_id,
            or_(waiver.c.repository_id.is_(None), waiver.c.repository_id == here.c.id),
            or_(waiver.c.image == "", waiver.c.image == image.c.name),
            waivers.of_state("active", at=at),
        )
        .order_by(waiver.c.id)
    )
    return [
        Cover(
            row.id,
            scopes.written(row.registry, row.repository, row.image, row.digest),
            row.digest,
            row.name,
            row.package,
            row.package_version,
            row.status,
            row.reason,
            row.owner,
            row.expires_at,
        )
        for row in tx.execute(query)
    ]


def in_force(tx: Connection, image_id: int, ids: Collection[int], *, at: datetime) -> dict[int, InForce]:
    """By id what is in force for digests of an image: also what is waived in an index that lists them."""
    found = of_image(tx, image_id, at=at)
    if not found:
        return {}
    whole = of(each for each in found if not each.digest)
    single = [each for each in found if each.digest]
    if not single:
        return dict.fromkeys(ids, whole)
    known = among(tx, image_id, {each.digest for each in single})
    return {
        number: of(each for each in found if not each.digest or each.digest in known[number])
        if number in known
        else whole
        for number in ids
    }


def among(tx: Connection, image_id: int, digests: Collection[str]) -> dict[int, set[str]]:
    """By id which of some digests of an image a digest is, or is listed by."""
    found: dict[int, set[str]] = defaultdict(set)
    for some in reach.batches(digests):
        mine = (manifest.c.image_id == image_id) & manifest.c.digest.in_(some)
        named = {row.id: row.digest for row in tx.execute(select(manifest.c.id, manifest.c.digest).where(mine))}
        for number, digest in named.items():
            found[number].add(digest)
        listed = reach.listed(named)
        for row in tx.execute(select(listed.c.root, listed.c.id)):
            found[row.id].add(named[row.root])
    return dict(found)


def of(found: Iterable[Cover]) -> InForce:
    by_name: dict[str, list[Cover]] = defaultdict(list)
    for each in found:
        by_name[each.name].append(each)
    return InForce(by_name) if by_name else NONE


_SAID = ("status", "reason", "owner", "expires_at")
