"""A finished result as it is shown, counted and taken away: whose image, who looked at it and when, what was found."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from berth.scan.hiding import RANKS
from berth.scan.inventory import Gap, OperatingSystem, Package, Secret
from berth.scan.matches import Match
from berth.words.digest import Digest
from berth.words.policies import Level, ScanPolicy

LANGUAGES = {
    "pypi": "Python",
    "npm": "Node.js",
    "composer": "PHP",
    "nuget": ".NET",
    "golang": "Go",
    "maven": "Java",
    "gem": "Ruby",
    "cargo": "Rust",
}
"""By type of package."""


@dataclass(frozen=True, slots=True)
class Finding:
    """That a package has a vulnerability."""

    package: Package
    match: Match
    others: tuple[Package, ...] = ()
    """The same package in the same version at other places."""

    @property
    def packages(self) -> tuple[Package, ...]:
        return self.package, *self.others

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.path for each in self.packages))

    @property
    def unit(self) -> tuple[str, ...]:
        """What is counted as one: a vulnerability of a package in a version, at however many places that lies."""
        package = self.package
        return self.match.vulnerability.id, package.kind, package.type, package.name, package.version


@dataclass(frozen=True, slots=True)
class Scanner:
    name: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class Advisories:
    """What an image was matched with."""

    build: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """A result with all its facts.

    Findings and secrets are raw, with those that the policy in force leaves out. What people get to see is
    `exclusion.apply(report.policy, report.findings, report.secrets)`, which every export goes through by itself.
    """

    registry: str
    repository: str
    image: str
    digest: Digest
    os: OperatingSystem | None
    scanner: Scanner
    advisories: Advisories | None
    scanned_at: datetime
    """When its layers were read."""
    evaluated_at: datetime
    """When it was last matched."""
    policy: ScanPolicy
    findings: tuple[Finding, ...] = ()
    packages: tuple[Package, ...] = ()
    secrets: tuple[Secret, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.registry}/{self.repository}/{self.image}"


@dataclass(frozen=True, slots=True)
class ByLevel:
    """A count for each level."""

    critical: int = 0
    high: int = 0
    medium: int = 0
    low: int = 0
    negligible: int = 0
    unknown: int = 0
    none: int = 0

    @classmethod
    def of(cls, levels: Iterable[Level]) -> Self:
        return cls(**{level.value: count for level, count in Counter(levels).items()})

    @property
    def total(self) -> int:
        return sum(getattr(self, level.value) for level in Level)


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is shown, and how much is not. Secrets are never counted among findings."""

    findings: ByLevel
    """By `Finding.unit`; one that stands at several places with different levels counts at the worst."""
    fixable: ByLevel
    """Those of them that have a version which mends them."""
    vulnerabilities: int
    """Different ones."""
    hidden: int
    """Left out by the policy; with `findings.total` it makes what the scan found."""
    secrets: ByLevel
    hidden_secrets: int


def count(
    findings: Iterable[Finding],
    secrets: Iterable[Secret],
    hidden: Iterable[Finding] = (),
    hidden_secrets: Iterable[Secret] = (),
) -> Counts:
    worst: dict[tuple[str, ...], Level] = {}
    fixable: set[tuple[str, ...]] = set()
    for finding in findings:
        unit, level = finding.unit, finding.match.level
        worst[unit] = max(worst.get(unit, level), level, key=RANKS.__getitem__)
        if finding.match.fixed_version:
            fixable.add(unit)
    return Counts(
        findings=ByLevel.of(worst.values()),
        fixable=ByLevel.of(worst[unit] for unit in fixable),
        vulnerabilities=len({unit[0] for unit in worst}),
        hidden=len({finding.unit for finding in hidden} - worst.keys()),
        secrets=ByLevel.of(Level(secret.level) for secret in secrets),
        hidden_secrets=sum(1 for _ in hidden_secrets),
    )


def count_by_package(findings: Iterable[Finding]) -> dict[Package, ByLevel]:
    """Of every package that has findings, how many of each level; a vulnerability counts once."""
    worst: dict[Package, dict[str, Level]] = {}
    for finding in findings:
        id_, level = finding.match.vulnerability.id, finding.match.level
        for package in finding.packages:
            levels = worst.setdefault(package, {})
            levels[id_] = max(levels.get(id_, level), level, key=RANKS.__getitem__)
    return {package: ByLevel.of(levels.values()) for package, levels in worst.items()}


def origin(package: Package, os: OperatingSystem | None) -> str:
    """Where a package comes from, for people: the system with its version, or the language."""
    if package.kind == "language":
        return LANGUAGES.get(package.type, package.type)
    return f"{os.id} {os.version}".strip() if os is not None else package.type
