"""Looking into the result of a digest: its findings, its packages, its secrets, and what was not checked.

Of an index the results of the images that it lists are looked at together; each row says for which of them it is.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select

from berth.db.tables import component, component_match, manifest, manifest_edge, result_component, vulnerability
from berth.registry import reach
from berth.registry.images import Image
from berth.scan import coverage, ecosystems, hiding, library, report, results, standing
from berth.scan.hiding import Reason
from berth.scan.inventory import Gap, Inventory, Package, Secret
from berth.scan.matches import Component, Match, Vulnerability
from berth.scan.report import ByLevel, Finding
from berth.scan.results import Result
from berth.words.digest import Digest
from berth.words.errors import ManifestUnknown, NotScannable, NotScanned
from berth.words.policies import Level, ScanPolicy

SAID = {"": "not scanned"}


@dataclass(frozen=True)
class Part:
    """One image with its result."""

    digest: str
    platform: str
    result: Result


@dataclass(frozen=True)
class Looked:
    digest: str
    policy: ScanPolicy
    parts: tuple[Part, ...]
    missing: int
    """Images of an index that have no result."""


@dataclass(frozen=True)
class FindingRow:
    finding: Finding
    hidden: Reason | None
    """What of the policy leaves it out."""
    found_at: datetime
    parts: tuple[str, ...]
    """Digests of the images it is in."""
    number: int
    """Of the vulnerability."""


@dataclass(frozen=True)
class PackageRow:
    package: Package
    counts: ByLevel
    parts: tuple[str, ...]


@dataclass(frozen=True)
class SecretRow:
    secret: Secret
    hidden: Reason | None
    parts: tuple[str, ...]


def into(tx: Connection, found: Image, content: Digest) -> Looked:
    """Raises `ManifestUnknown`, `NotScannable`, and `NotScanned` when there is no result at all."""
    mine = (manifest.c.image_id == found.id) & (manifest.c.digest == str(content))
    told = (manifest.c.id, manifest.c.digest, manifest.c.kind, manifest.c.platforms)
    asked = (*told, manifest.c.result_id, manifest.c.scan_state)
    row = tx.execute(select(*asked).where(mine)).first()
    if row is None:
        raise ManifestUnknown(str(content))
    listed = select(*asked).join(manifest_edge, manifest_edge.c.child_id == manifest.c.id)
    below = listed.where(manifest_edge.c.parent_id == row.id, manifest.c.kind == "image").order_by(manifest.c.id)
    images = tx.execute(below).all() if row.kind == "index" else [row] if row.kind == "image" else []
    if not images:
        raise NotScannable(str(content))
    known = results.some(tx, [each.result_id for each in images if each.result_id is not None])
    good = {number: result for number, result in known.items() if result.evaluated_at is not None}
    parts = [
        Part(each.digest, next(iter(each.platforms), ""), good[each.result_id])
        for each in images
        if each.result_id in good
    ]
    if not parts:
        raise NotScanned(str(content), SAID.get(images[0].scan_state, images[0].scan_state))
    return Looked(row.digest, standing.policy_of(tx, found.id), tuple(parts), len(images) - len(parts))


def findings(tx: Connection, looked: Looked) -> list[FindingRow]:
    """All of them, those too that the policy hides; without the words of their vulnerabilities: see `with_words`."""
    merged: dict[tuple[str, ...], FindingRow] = {}
    for part in looked.parts:
        for finding, found_at, number in _raw(tx, part.result):
            package, match = finding.package, finding.match
            key = (match.vulnerability.id, package.kind, package.type, package.name, package.version, package.path)
            known = merged.get(key)
            if known is None:
                fixed = bool(match.fixed_version)
                hidden = hiding.hides(looked.policy, package.kind, match.level, fixed=fixed)
                merged[key] = FindingRow(finding, hidden, found_at, (part.digest,), number)
            elif part.digest not in known.parts:
                merged[key] = replace(known, parts=(*known.parts, part.digest))
    return list(merged.values())


def with_words(tx: Connection, rows: Sequence[FindingRow]) -> list[FindingRow]:
    """The same with titles, descriptions and links."""
    flaws: dict[int, Vulnerability] = {}
    for some in reach.batches(row.number for row in rows):
        for each in tx.execute(select(vulnerability).where(vulnerability.c.id.in_(some))).mappings():
            same = ("title", "description", "vector", "score", "published", "modified", "malware")
            flaws[each["id"]] = Vulnerability(
                each["name"],
                tuple(each["aliases"]),
                links=tuple(each["links"]),
                **{name: each[name] for name in same},
            )
    return [_told(row, flaws[row.number]) for row in rows]


def packages(tx: Connection, looked: Looked) -> list[PackageRow]:
    """All packages, with how many findings each has that the policy leaves."""
    shown = [row.finding for row in findings(tx, looked) if row.hidden is None]
    counted = {_without_layer(package): by_level for package, by_level in report.count_by_package(shown).items()}
    merged: dict[Package, list[str]] = defaultdict(list)
    for part in looked.parts:
        for package in dict.fromkeys(map(_without_layer, inventory(tx, part).packages)):
            merged[package].append(part.digest)
    return [PackageRow(each, counted.get(each, ByLevel()), tuple(parts)) for each, parts in merged.items()]


def secrets(tx: Connection, looked: Looked) -> list[SecretRow]:
    hidden = Reason.SECRET if hiding.hides_secrets(looked.policy) else None
    merged: dict[Secret, list[str]] = defaultdict(list)
    for part in looked.parts:
        for secret in inventory(tx, part).secrets:
            merged[secret].append(part.digest)
    return [SecretRow(each, hidden, tuple(parts)) for each, parts in merged.items()]


def inventory(tx: Connection, part: Part) -> Inventory:
    return results.inventory_of(tx, part.result.id)


def raw_findings(tx: Connection, part: Part) -> list[Finding]:
    """Of one image, in full."""
    rows = [FindingRow(finding, None, at, (part.digest,), number) for finding, at, number in _raw(tx, part.result)]
    return [row.finding for row in with_words(tx, rows)]


def gaps(tx: Connection, looked: Looked, *, at: datetime) -> list[Gap]:
    """What was not checked, each once: what the scan could not, and what the advisories have nothing for."""
    build = library.current(tx)
    found: dict[Gap, None] = {}
    for part in looked.parts:
        found |= dict.fromkeys(part.result.gaps)
        found |= dict.fromkeys(_of_advisories(tx, part.result, build, at=at))
    return list(found)


def _of_advisories(tx: Connection, result: Result, build: library.Build | None, *, at: datetime) -> list[Gap]:
    covered = {} if build is None else build.covered
    found = list(coverage.gaps(result.os, result.scanner, result.advisories_at, covered, at=at))
    languages = _languages_of(tx, result) if result.scanner == results.BUILTIN else []
    unknown = (each for each in languages if not ecosystems.looked_up(each, covered))
    found.extend(Gap("no-data", f"there are no advisories for {each}") for each in unknown)
    return found


def _languages_of(tx: Connection, result: Result) -> list[str]:
    mine = select(component.c.ecosystem).join(result_component).where(result_component.c.result_id == result.id)
    return sorted(tx.scalars(mine.where(component.c.kind == "language").distinct()))


def _raw(tx: Connection, result: Result) -> list[tuple[Finding, datetime, int]]:
    found = results.inventory_of(tx, result.id)
    by_component = _matches(tx, result.id)
    rows = []
    for package in found.packages:
        key = results.component_of(result.scanner, result.digest, package, found.os)
        for match, found_at, number in by_component.get(key, ()) if key is not None else ():
            rows.append((Finding(package, match), found_at, number))
    return rows


def _matches(tx: Connection, result_id: int) -> dict[Component, list[tuple[Match, datetime, int]]]:
    flaw = vulnerability.c
    query = (
        select(component.c.ecosystem, component.c.name, component.c.version, component.c.kind, component_match)
        .add_columns(flaw.name.label("flaw"), flaw.aliases, flaw.vector, flaw.score, flaw.published, flaw.malware)
        .join_from(result_component, component)
        .join(component_match, component_match.c.component_id == component.c.id)
        .join(vulnerability, flaw.id == component_match.c.vulnerability_id)
        .where(result_component.c.result_id == result_id)
    )
    found: dict[Component, list[tuple[Match, datetime, int]]] = defaultdict(list)
    for row in tx.execute(query).mappings():
        said = Vulnerability(
            row["flaw"],
            tuple(row["aliases"]),
            vector=row["vector"],
            score=row["score"],
            published=row["published"],
            malware=row["malware"],
        )
        match = Match(
            said,
            Level(row["level"]),
            row["level_source"],
            row["fixed_version"],
            row["fix_state"],
            tuple(row["records"]),
        )
        key = Component(row["ecosystem"], row["name"], row["version"], row["kind"])
        found[key].append((match, row["found_at"], row["vulnerability_id"]))
    return found


def _told(row: FindingRow, flaw: Vulnerability) -> FindingRow:
    match = replace(row.finding.match, vulnerability=flaw)
    return replace(row, finding=replace(row.finding, match=match))


def _without_layer(package: Package) -> Package:
    """So that the same package of two images is one row."""
    return replace(package, layer="")
