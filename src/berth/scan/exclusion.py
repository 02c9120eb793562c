"""The exclusion policy of an image (SPEC 4.1): what of a result people see, and why they do not see the rest.

It is one pure function over raw findings, so a change of policy takes effect without a scan and can be taken back.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from berth.scan import report
from berth.scan.hiding import Reason, hides, hides_secrets
from berth.scan.inventory import Secret
from berth.scan.report import Counts, Finding
from berth.words.policies import ScanPolicy


@dataclass(frozen=True, slots=True)
class Hidden:
    finding: Finding
    reason: Reason


@dataclass(frozen=True, slots=True)
class HiddenSecret:
    secret: Secret
    reason: Reason = Reason.SECRET


@dataclass(frozen=True, slots=True)
class View:
    """A result under a policy. What is kept and what is hidden are in the order in which they were given."""

    findings: tuple[Finding, ...]
    secrets: tuple[Secret, ...]
    hidden: tuple[Hidden, ...] = ()
    hidden_secrets: tuple[HiddenSecret, ...] = ()

    def counts(self) -> Counts:
        return report.count(
            self.findings,
            self.secrets,
            hidden=(each.finding for each in self.hidden),
            hidden_secrets=(each.secret for each in self.hidden_secrets),
        )


def apply(policy: ScanPolicy, findings: Iterable[Finding], secrets: Iterable[Secret]) -> View:
    kept: list[Finding] = []
    hidden: list[Hidden] = []
    for finding in findings:
        match = finding.match
        reason = hides(policy, finding.package.kind, match.level, fixed=bool(match.fixed_version))
        if reason is None:
            kept.append(finding)
        else:
            hidden.append(Hidden(finding, reason))
    if hides_secrets(policy):
        return View(tuple(kept), (), tuple(hidden), tuple(HiddenSecret(secret) for secret in secrets))
    return View(tuple(kept), tuple(secrets), tuple(hidden))
