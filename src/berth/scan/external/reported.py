"""What an external scanner found in an image, in the shapes that the own scanner gives."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Self, TypeVar

from berth.scan.inventory import Gap, OperatingSystem, Package, Secret
from berth.scan.matches import Match
from berth.scan.report import Finding
from berth.scan.severity import RANK

Item = TypeVar("Item")

MAX_NAMES = 64
"""Of one flaw."""
MAX_NAME = 120
"""Characters of the name of a flaw; what is longer is none that anybody gives."""
MAX_VERSION = 100
"""Characters of the version of a scanner."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of what is more the rest is left out, which the gaps tell."""

    packages: int = 200_000
    findings: int = 200_000
    secrets: int = 10_000


_DEFAULT = Limits()


@dataclass(frozen=True, slots=True)
class Reported:
    os: OperatingSystem | None
    packages: tuple[Package, ...]
    findings: tuple[Finding, ...]
    """Each flaw of a package once."""
    secrets: tuple[Secret, ...]
    gaps: tuple[Gap, ...]
    scanner: str
    scanner_version: str
    """With the hash of what ran, where that is a binary: `0.58.1 (sha256:…)`."""
    database_at: datetime | None
    """When the scanner's advisories were made, where it says so."""

    def by(self, name: str, version: str, *, sha256: str = "", database_at: datetime | None) -> Self:
        """Of the scanner that a registry calls so, and which one it was."""
        told = version[:MAX_VERSION] or "unknown"
        known = f"{told} (sha256:{sha256})" if sha256 else told
        return replace(self, scanner=name, scanner_version=known, database_at=database_at)

    @classmethod
    def gathered(
        cls,
        os: OperatingSystem | None,
        packages: Iterable[Package] = (),
        findings: Iterable[Finding | None] = (),
        secrets: Iterable[Secret | None] = (),
        gaps: Iterable[Gap] = (),
        *,
        scanner: str,
        scanner_version: str = "",
        database_at: datetime | None = None,
        limits: Limits = _DEFAULT,
    ) -> Self:
        """Of all that, each once, and not too much. None is one that says nothing, and counts as not read."""
        noted = list(gaps)
        kept_packages = _kept(packages, limits.packages, "packages", noted)
        kept_findings = _kept(map(_named, findings), limits.findings, "findings", noted)
        kept_secrets = _kept(secrets, limits.secrets, "secrets", noted)
        return cls(
            os=os,
            packages=tuple(dict.fromkeys(kept_packages)),
            findings=tuple(_each_once(kept_findings)),
            secrets=tuple(dict.fromkeys(kept_secrets)),
            gaps=tuple(dict.fromkeys(noted)),
            scanner=scanner,
            scanner_version=scanner_version,
            database_at=database_at,
        )


def _named(finding: Finding | None) -> Finding | None:
    return finding if finding is not None and len(finding.match.vulnerability.id) <= MAX_NAME else None


def _kept(items: Iterable[Item | None], most: int, what: str, gaps: list[Gap]) -> list[Item]:
    given = list(islice(items, most + 1))
    if len(given) > most:
        gaps.append(Gap("truncated", f"The scanner reports more than {most} {what}; the rest was left out."))
    kept = [each for each in given[:most] if each is not None]
    if len(kept) < min(len(given), most):
        gaps.append(Gap("damaged", f"Some {what} that the scanner reports say too little and were left out."))
    return kept


def _each_once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Some scanners tell of a flaw under two of its names, which are one by now."""
    found: dict[tuple[Package, str], Finding] = {}
    for finding in findings:
        key = finding.package, finding.match.vulnerability.id
        known = found.get(key)
        found[key] = finding if known is None else Finding(known.package, _joined(known.match, finding.match))
    return iter(found.values())


def _joined(one: Match, other: Match) -> Match:
    """The higher level counts, and a version that mends it from whichever knows one."""
    first, second = (one, other) if RANK[one.level] >= RANK[other.level] else (other, one)
    fixing = second if second.fixed_version and not first.fixed_version else first
    flaw, same = first.vulnerability, second.vulnerability
    return replace(
        first,
        vulnerability=replace(flaw, aliases=_names(flaw.aliases, same.aliases)),
        fixed_version=fixing.fixed_version,
        fix_state=fixing.fix_state,
        records=_names(first.records, second.records),
    )


def _names(some: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    """Not more than one flaw has, however often it is told of."""
    return tuple(sorted({*some, *others})[:MAX_NAMES])
