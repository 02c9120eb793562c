"""What one digest has that another has not: packages by name and version, findings by vulnerability and package.

A package may be there in several versions. What stands in the same version on both sides is compared with itself; of
the versions that are left the first of one side became the first of the other, and so on.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from berth.scan import looking
from berth.scan.looking import Looked
from berth.scan.matches import Match
from berth.scan.report import Finding
from berth.words.policies import Level

Name = tuple[str, str]
"""Type and name of a package."""
Versions = Mapping[str, Finding]
"""A vulnerability of one package in the versions that have it."""


@dataclass(frozen=True)
class PackageChange:
    type: str
    name: str
    before: tuple[str, ...]
    """Its versions in the base."""
    after: tuple[str, ...]


@dataclass(frozen=True)
class FindingChange:
    vulnerability: str
    severity: Level
    package: str
    version: str
    fixed_version: str


@dataclass(frozen=True)
class Comparison:
    base: str
    digest: str
    packages_added: tuple[PackageChange, ...]
    packages_removed: tuple[PackageChange, ...]
    packages_changed: tuple[PackageChange, ...]
    findings_added: tuple[FindingChange, ...]
    findings_removed: tuple[FindingChange, ...]
    findings_changed: tuple[FindingChange, ...]
    """Whose level or fix is another, as it is now."""


def between(tx: Connection, base: Looked, now: Looked) -> Comparison:
    """Findings are compared as the policy of the image leaves them; a version that went up keeps its finding's name."""
    old, new = _versions(tx, base), _versions(tx, now)
    added, removed, changed = _compared(_findings(tx, base), _findings(tx, now))
    packages = {key: _change(key, old, new) for key in old.keys() | new.keys()}
    return Comparison(
        base.digest,
        now.digest,
        tuple(packages[key] for key in sorted(new.keys() - old.keys())),
        tuple(packages[key] for key in sorted(old.keys() - new.keys())),
        tuple(packages[key] for key in sorted(old.keys() & new.keys()) if old[key] != new[key]),
        _told(added),
        _told(removed),
        _told(changed),
    )


def _versions(tx: Connection, looked: Looked) -> dict[Name, set[str]]:
    found: dict[Name, set[str]] = defaultdict(set)
    for part in looked.parts:
        for package in looking.inventory(tx, part).packages:
            found[package.type, package.name].add(package.version)
    return found


def _change(key: Name, old: Mapping[Name, set[str]], new: Mapping[Name, set[str]]) -> PackageChange:
    return PackageChange(*key, tuple(sorted(old.get(key, ()))), tuple(sorted(new.get(key, ()))))


def _findings(tx: Connection, looked: Looked) -> dict[tuple[str, str, str], dict[str, Finding]]:
    found: dict[tuple[str, str, str], dict[str, Finding]] = defaultdict(dict)
    for row in looking.findings(tx, looked):
        if row.hidden is None:
            package = row.finding.package
            mine = found[row.finding.match.vulnerability.id, package.type, package.name]
            mine.setdefault(package.version, row.finding)
    return found


def _compared(
    had: Mapping[tuple[str, str, str], Versions], has: Mapping[tuple[str, str, str], Versions]
) -> tuple[list[Finding], list[Finding], list[Finding]]:
    """What was added, what was removed, and what is told otherwise, as it is now."""
    added: list[Finding] = []
    removed: list[Finding] = []
    changed: list[Finding] = []
    for key in had.keys() | has.keys():
        before, after = had.get(key, {}), has.get(key, {})
        gone, come = sorted(before.keys() - after.keys()), sorted(after.keys() - before.keys())
        pairs = [(each, each) for each in before.keys() & after.keys()] + list(zip(gone, come, strict=False))
        changed += [after[new] for old, new in pairs if _differs(before[old].match, after[new].match)]
        added += [after[each] for each in come[len(gone) :]]
        removed += [before[each] for each in gone[len(come) :]]
    return added, removed, changed


def _told(findings: Iterable[Finding]) -> tuple[FindingChange, ...]:
    changes = [
        FindingChange(
            each.match.vulnerability.id,
            each.match.level,
            each.package.name,
            each.package.version,
            each.match.fixed_version,
        )
        for each in findings
    ]
    return tuple(sorted(changes, key=lambda change: (change.vulnerability, change.package, change.version)))


def _differs(before: Match, after: Match) -> bool:
    return (before.level, before.fixed_version) != (after.level, after.fixed_version)
