"""The exclusion policy, by hand and against a plain filter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.scan import exclusion
from berth.scan.hiding import RANKS, Reason
from berth.scan.inventory import Secret
from berth.scan.report import ByLevel, Finding
from berth.scan.tally import Tally
from berth.words.policies import Level, ScanPolicy
from tests.scan import reports

ORDER = ["none", "unknown", "negligible", "low", "medium", "high", "critical"]

OF_EACH_LEVEL = [reports.finding(id_=f"CVE-2024-000{rank}", level=Level(name)) for rank, name in enumerate(ORDER)]


def shown(policy: ScanPolicy, *findings: Finding) -> list[str]:
    return [each.match.vulnerability.id for each in exclusion.apply(policy, findings, ()).findings]


def keeps(policy: ScanPolicy, finding: Finding) -> bool:
    """A plain filter."""
    if not policy.exclusion:
        return True
    if policy.exclude_language_packages and finding.package.kind == "language":
        return False
    if policy.exclude_unfixed and finding.match.fixed_version == "":
        return False
    least = -1 if policy.exclude_level is None else ORDER.index(policy.exclude_level)
    return ORDER.index(finding.match.level) > least


@given(reports.policies, st.lists(reports.findings, max_size=8), st.lists(reports.secrets, max_size=4))
def test_what_is_kept_is_what_a_plain_filter_keeps(
    policy: ScanPolicy, findings: list[Finding], secrets: list[Secret]
) -> None:
    view = exclusion.apply(policy, findings, secrets)
    if not policy.exclusion:
        assert (list(view.findings), list(view.secrets)) == (findings, secrets)
        assert (view.hidden, view.hidden_secrets) == ((), ())
        return
    assert list(view.findings) == [finding for finding in findings if keeps(policy, finding)]
    assert [each.finding for each in view.hidden] == [finding for finding in findings if not keeps(policy, finding)]
    assert list(view.secrets) == ([] if policy.exclude_secrets else secrets)
    assert [each.secret for each in view.hidden_secrets] == (secrets if policy.exclude_secrets else [])


@pytest.mark.parametrize("level", ORDER)
def test_a_level_hides_itself_and_what_is_below(level: str) -> None:
    policy = ScanPolicy(exclusion=True, exclude_level=Level(level))
    above = [f"CVE-2024-000{rank}" for rank in range(ORDER.index(level) + 1, len(ORDER))]
    assert shown(policy, *OF_EACH_LEVEL) == above


def test_a_policy_that_is_off_hides_nothing_whatever_it_says() -> None:
    policy = ScanPolicy(exclude_language_packages=True, exclude_unfixed=True, exclude_level=Level.CRITICAL)
    assert len(shown(policy, *OF_EACH_LEVEL)) == len(ORDER)


def test_what_has_no_fix_version_is_unfixed_whatever_its_state_is_called() -> None:
    policy = ScanPolicy(exclusion=True, exclude_unfixed=True)
    fixed = reports.finding(id_="CVE-2024-0008", fixed="2.39")
    assert shown(policy, *OF_EACH_LEVEL, fixed) == ["CVE-2024-0008"]


def test_levels_and_fixes_say_nothing_of_secrets() -> None:
    policy = ScanPolicy(exclusion=True, exclude_unfixed=True, exclude_level=Level.CRITICAL)
    assert exclusion.apply(policy, (), [reports.TOKEN]).secrets == (reports.TOKEN,)


def test_the_reason_is_told() -> None:
    policy = ScanPolicy(
        exclusion=True,
        exclude_language_packages=True,
        exclude_secrets=True,
        exclude_unfixed=True,
        exclude_level=Level.LOW,
    )
    findings = [
        reports.finding(reports.LODASH),
        reports.finding(level=Level.CRITICAL),
        reports.finding(level=Level.LOW, fixed="2.39"),
    ]
    view = exclusion.apply(policy, findings, [reports.TOKEN])
    assert [each.reason for each in view.hidden] == [Reason.LANGUAGE_PACKAGE, Reason.UNFIXED, Reason.LEVEL]
    assert [each.reason for each in view.hidden_secrets] == [Reason.SECRET]


@given(reports.policies, st.lists(reports.findings, max_size=8), st.booleans())
def test_what_is_counted_is_what_a_plain_filter_counts(
    policy: ScanPolicy, findings: list[Finding], fixed_alone: bool
) -> None:
    told = [(each.package.kind, bool(each.match.fixed_version), each.match.level, 1) for each in findings]
    counts = Tally.of(told).under(policy, fixed_alone=fixed_alone)
    kept = [each for each in findings if keeps(policy, each) and (each.match.fixed_version or not fixed_alone)]
    assert counts.levels == {level: sum(each.match.level == level for each in kept) for level in Level}
    assert counts.fixable == sum(bool(each.match.fixed_version) for each in kept)
    assert counts.hidden == len(findings) - len(kept)


def test_levels_are_in_the_order_of_the_policy_page() -> None:
    assert sorted(Level, key=RANKS.__getitem__) == ORDER


@given(reports.policies, st.lists(reports.findings, max_size=8), st.lists(reports.secrets, max_size=4))
def test_what_is_shown_and_what_is_hidden_is_all_that_was_found(
    policy: ScanPolicy, findings: list[Finding], secrets: list[Secret]
) -> None:
    counts = exclusion.apply(policy, findings, secrets).counts()
    assert counts.findings.total + counts.hidden == len({finding.unit for finding in findings})
    assert counts.secrets.total + counts.hidden_secrets == len(secrets)
    assert counts.fixable.total <= counts.findings.total
    assert counts.vulnerabilities <= counts.findings.total


def test_a_policy_that_is_taken_back_brings_all_back() -> None:
    raw = reports.report()
    strict = exclusion.apply(ScanPolicy(exclusion=True, exclude_level=Level.CRITICAL), raw.findings, raw.secrets)
    assert (strict.counts().findings, strict.counts().hidden) == (ByLevel(), 3)
    assert exclusion.apply(ScanPolicy(), raw.findings, raw.secrets).findings == raw.findings
