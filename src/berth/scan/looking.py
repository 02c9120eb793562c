"""Looking into the result of a digest: its findings, its packages, its secrets, and what was not checked.

Of an index the lists are those of its images, also in indexes that it lists, one after the other. So they are as long
as what is counted for it; each row says for which of them it is.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select

from berth.db.tables import component, manifest, result_component, vulnerability
from berth.registry import reach
from berth.registry.images import Image
from berth.scan import coverage, ecosystems, hiding, library, results, standing, unpacked
from berth.scan.hiding import Reason
from berth.scan.inventory import Gap, Inventory, Package, Secret
from berth.scan.matches import Vulnerability
from berth.scan.report import ByLevel, Finding
from berth.scan.results import Result
from berth.scan.unpacked import Key
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


@dataclass(frozen=True, slots=True)
class FindingRow:
    finding: Finding
    hidden: Reason | None
    """What of the policy leaves it out."""
    found_at: datetime
    parts: tuple[str, ...]
    """The digest of the image it is in: what two images of an index have are two findings, as they are counted."""
    number: int
    """Of the vulnerability."""
    key: Key
    """What tells it from all others."""


@dataclass(frozen=True, slots=True)
class PackageRow:
    package: Package
    paths: tuple[str, ...]
    """All places at which it lies."""
    counts: ByLevel
    parts: tuple[str, ...]
    key: Key


@dataclass(frozen=True, slots=True)
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
    below = (manifest.c.kind == "image") & manifest.c.id.in_(reach.below(row.id))
    images = tx.execute(select(*asked).where(below).order_by(manifest.c.id)).all()
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
    found = []
    for part in looked.parts:
        parts = (part.digest,)
        for raw in unpacked.of(tx, part.result).findings:
            match = raw.finding.match
            kind, fixed = raw.finding.package.kind, bool(match.fixed_version)
            hidden = hiding.hides(looked.policy, kind, match.level, fixed=fixed)
            found.append(FindingRow(raw.finding, hidden, raw.found_at, parts, raw.number, raw.key))
    return found


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
    """All packages, each version once, with how many findings each has that the policy leaves."""
    levels: dict[Key, list[Level]] = defaultdict(list)
    for row in findings(tx, looked):
        if row.hidden is None:
            levels[row.key[1:]].append(row.finding.match.level)
    counts = {key: ByLevel.of(each) for key, each in levels.items()}
    nothing = ByLevel()
    return [
        PackageRow(
            listed.unit.packages[0], listed.unit.paths, counts.get(listed.key, nothing), (part.digest,), listed.key
        )
        for part in looked.parts
        for listed in unpacked.of(tx, part.result).units
    ]


def secrets(tx: Connection, looked: Looked) -> list[SecretRow]:
    hidden = Reason.SECRET if hiding.hides_secrets(looked.policy) else None
    return [SecretRow(each, hidden, (part.digest,)) for part in looked.parts for each in inventory(tx, part).secrets]


def inventory(tx: Connection, part: Part) -> Inventory:
    return unpacked.of(tx, part.result).inventory


def raw_findings(tx: Connection, part: Part) -> list[Finding]:
    """Of one image, in full."""
    alone = Looked(part.digest, ScanPolicy(), (part,), 0)
    return [row.finding for row in with_words(tx, findings(tx, alone))]


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


def _told(row: FindingRow, flaw: Vulnerability) -> FindingRow:
    match = replace(row.finding.match, vulnerability=flaw)
    return replace(row, finding=replace(row.finding, match=match))
