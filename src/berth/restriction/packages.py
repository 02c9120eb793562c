"""Packages as advisories call them: of a system that is the source, and people read and write names of what is built.

A waiver is kept by the name that findings are matched by, so that whoever judges compares two texts and no more.
"""

from sqlalchemy import Connection, Select, func, select

from berth.db.tables import (
    component,
    component_match,
    image,
    manifest,
    repository,
    result_component,
    vulnerability_name,
)
from berth.restriction.scopes import Scope
from berth.scan import results, unpacked
from berth.scan.results import Result

LOOKED_AT = 10
"""Results in which a name is looked up; what is built from what differs little among the images of a place."""


Built = dict[str, list[tuple[str, str, str]]]
"""By what is installed, in lower case: what advisories call it, its version, and the version that advisories mean."""


def as_advised(
    tx: Connection,
    scope: Scope,
    vulnerability: str,
    package: str,
    version: str = "",
    *,
    known: dict[int, Built] | None = None,
) -> tuple[str, str]:
    """The name and version of the package there that has this vulnerability; what is not found stays as it is.

    `known`: by result what was built, for whoever asks again and again.
    """
    if not package or tx.execute(_having(scope, vulnerability, package)).first() is not None:
        return package, version
    known = {} if known is None else known
    some = select(_having(scope, vulnerability).subquery().c.result_id).distinct().limit(LOOKED_AT)
    ids = list(tx.scalars(some))
    known |= {number: _built(tx, each) for number, each in results.some(tx, [*{*ids} - {*known}]).items()}
    for number in ids:
        for found in known.get(number, {}).get(package.lower(), ()):
            if not version or found[1] == version:
                return found[0], version and found[2]
    return package, version


def _built(tx: Connection, result: Result) -> Built:
    built: Built = {}
    for unit in (each.unit for each in unpacked.of(tx, result).units):
        if unit.component is not None:
            named = (unit.component.name, unit.packages[0].version, unit.component.version)
            built.setdefault(unit.packages[0].name.lower(), []).append(named)
    return built


def _having(scope: Scope, vulnerability: str, package: str | None = None) -> Select[tuple[int]]:
    """The results of a scope that have a vulnerability, or have it in a package that advisories call so."""
    query = (
        select(manifest.c.result_id)
        .join_from(
            vulnerability_name,
            component_match,
            component_match.c.vulnerability_id == vulnerability_name.c.vulnerability_id,
        )
        .join(component, component.c.id == component_match.c.component_id)
        .join(result_component, result_component.c.component_id == component.c.id)
        .join(manifest, manifest.c.result_id == result_component.c.result_id)
        .join(image, image.c.id == manifest.c.image_id)
        .join(repository, repository.c.id == image.c.repository_id)
        .where(vulnerability_name.c.name == vulnerability.lower())
        .where(repository.c.registry_id == scope.place.registry_id)
        .limit(LOOKED_AT * 10)
    )
    if scope.place.repository_id is not None:
        query = query.where(repository.c.id == scope.place.repository_id)
    if scope.image:
        query = query.where(image.c.name == scope.image)
    if package is not None:
        query = query.where(func.lower(component.c.name) == package.lower())
    return query
