"""Findings that do not count: those that are waived, and those that are too fresh to break what was allowed before.

They only take away from what a digest is judged by. So they are looked for where the plain verdict refuses, and
nowhere else, and only Critical and High findings are read.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from berth.restriction.verdict import Spared
from berth.scan.inventory import Kind
from berth.scan.tally import Tally
from berth.words.policies import Level


@dataclass(frozen=True, slots=True)
class Finding:
    """A component of a digest that has a vulnerability."""

    vulnerability: str
    """Its name: a CVE where there is one."""
    aliases: tuple[str, ...]
    ecosystem: str
    package: str
    """As advisories call it: the source package for deb and apk."""
    version: str
    kind: Kind
    level: Level
    fixed_version: str
    """Empty: there is none."""
    published: datetime | None
    found_at: datetime
    """When Berth first learned of it."""
    units: int
    """So many packages of that component are installed, and so often it counts."""


def spare(
    findings: Iterable[Finding], *, waived: Callable[[Finding], bool], fresh: Callable[[Finding], bool]
) -> Spared:
    """What is both is waived."""
    of_waived, of_fresh = [], []
    for finding in findings:
        if waived(finding):
            of_waived.append(finding)
        elif fresh(finding):
            of_fresh.append(finding)
    return Spared(_tally(of_waived), _tally(of_fresh))


def is_fresh(finding: Finding, grace_days: int, allowed_since: datetime | None, *, at: datetime) -> bool:
    """Whether a finding was first published within the grace and came to a digest that had passed before.

    `allowed_since`: when the digest had its first good result; what was known by then is not new to it. Of a
    vulnerability whose publication nobody has dated nothing says that it is fresh, and what Berth has learned of was
    published by then, whatever its date says.
    """
    return (
        grace_days > 0
        and allowed_since is not None
        and finding.published is not None
        and min(finding.published, finding.found_at) > at - timedelta(days=grace_days)
        and finding.found_at > allowed_since
    )


def _tally(findings: Iterable[Finding]) -> Tally:
    return Tally.of((each.kind, bool(each.fixed_version), each.level, each.units) for each in findings)
