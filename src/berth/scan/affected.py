"""Which digests have a vulnerability, or a package: the search over everything somebody may see.

What the policy of an image leaves out of its results is found too, and said to be left out: whoever asks where a flaw
is wants to know it all the same.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, or_, select

from berth.db import pages
from berth.db.pages import Found, Wanted
from berth.db.tables import (
    component,
    component_match,
    image,
    manifest,
    registry,
    repository,
    result_component,
    vulnerability,
)
from berth.registry import images, rows
from berth.scan import ecosystems, results, vulnerabilities
from berth.scan.hiding import Reason, hides
from berth.words.errors import FieldInvalid
from berth.words.policies import Level, ScanPolicy

_PATH = (registry.c.name, repository.c.name, image.c.name, manifest.c.id, component.c.id)
SORTS = {"path": _PATH}
FLAW_SORTS = {"path": (*_PATH, vulnerability.c.id)}
"""Several flaws of one component may have the same name among theirs."""
LAST = "\U0010ffff"
"""Comes after every character of a name."""


@dataclass(frozen=True)
class Affected:
    image: str
    digest: str
    tags: list[str]
    package: str
    """As advisories call it: of a system, the source package."""
    version: str
    ecosystem: str
    vulnerability: str | None
    severity: Level | None
    fixed_version: str | None
    hidden: Reason | None
    """What of the image's policy leaves it out."""


def page(
    tx: Connection,
    wanted: Wanted,
    *where: ColumnElement[bool],
    flaw: str = "",
    package: str = "",
    version: str = "",
) -> Found[Affected]:
    """Of a vulnerability by whichever of its names, or of a package, or of one in the other.

    A package whose name ends with `*` is all that begin so. It may be spelled as its ecosystem does not, but takes it.

    `where` is what the caller may see, for a query over repositories joined with registries. Raises `FieldInvalid`.
    """
    if not flaw and not package:
        raise FieldInvalid("vulnerability", "the name of a vulnerability, or else of a package")
    query = _query(with_flaw=bool(flaw)).where(*where)
    if flaw:
        numbers = vulnerabilities.numbers(tx, flaw)
        if not numbers:
            return Found([])
        query = query.where(vulnerability.c.id.in_(numbers))
    if package:
        query = query.where(*_named(package))
    if version:
        query = query.where(component.c.version == version)
    found = pages.fetch(tx, query, FLAW_SORTS if flaw else SORTS, wanted, lambda row: row)
    names = rows.first_names(tx, [row["manifest_id"] for row in found.items])
    return Found([_affected(row, names.get(row["manifest_id"], [])) for row in found.items], found.next)


def _query(*, with_flaw: bool) -> Select[tuple[object, ...]]:
    told = (
        registry.c.name.label("registry_name"),
        repository.c.name.label("repository_name"),
        image.c.name.label("image_name"),
        manifest.c.id.label("manifest_id"),
        manifest.c.digest,
        component.c.name.label("package"),
        component.c.version,
        component.c.ecosystem,
        component.c.kind,
        image.c.policy_scan,
    )
    query = (
        select(*told)
        .join_from(component, result_component, result_component.c.component_id == component.c.id)
        .join(manifest, manifest.c.result_id == result_component.c.result_id)
        .join(image, image.c.id == manifest.c.image_id)
        .join(repository, repository.c.id == image.c.repository_id)
        .join(registry, registry.c.id == repository.c.registry_id)
        .where(image.c.state.in_(images.VISIBLE), manifest.c.state == "active")
    )
    if not with_flaw:
        return query
    match = component_match.c
    return (
        query.add_columns(vulnerability.c.name.label("vulnerability"), match.level, match.fixed_version)
        .join(component_match, match.component_id == component.c.id)
        .join(vulnerability, vulnerability.c.id == match.vulnerability_id)
    )


def _named(package: str) -> list[ColumnElement[bool]]:
    begins = package.rstrip("*")
    if not begins:
        raise FieldInvalid("package", "at least the beginning of its name before '*'")
    spellings = sorted(ecosystems.spellings(begins))
    if begins == package:
        return [component.c.name.in_(spellings)]
    return [or_(*((component.c.name >= each) & (component.c.name < each + LAST) for each in spellings))]


def _affected(row: RowMapping, tags: list[str]) -> Affected:
    level, fixed = row.get("level"), row.get("fixed_version")
    policy = ScanPolicy.from_json(row["policy_scan"])
    return Affected(
        image=f"{row['registry_name']}/{row['repository_name']}/{row['image_name']}",
        digest=row["digest"],
        tags=tags,
        package=row["package"],
        version=row["version"],
        ecosystem=results.ecosystem_told(row["ecosystem"]),
        vulnerability=row.get("vulnerability"),
        severity=None if level is None else Level(level),
        fixed_version=fixed,
        hidden=None if level is None else hides(policy, row["kind"], Level(level), fixed=bool(fixed)),
    )
