"""The rules of pulling, one by one, and all counts against a plain filter over findings."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.restriction import sparing, wording
from berth.restriction.sparing import Finding
from berth.restriction.verdict import Facts, Quarantine, Rules, Verdict, may_pull, together
from berth.scan.hiding import LEVELS
from berth.scan.tally import Tally
from berth.words.policies import Level, Mode, PullPolicy, ScanPolicy

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
QUARANTINE = Quarantine("ann", NOON, "stolen key")
SWITCHES: dict[str, Any] = {"restrict_unscanned": True, "restrict_vulnerable": True}
BOTH = Rules(PullPolicy(**SWITCHES))


def tally(critical: int = 0, high: int = 0, *, fixed: bool = True) -> Tally:
    return Tally.of([("os", fixed, Level.CRITICAL, critical), ("os", fixed, Level.HIGH, high)])


def image(found: Tally | None = None, **more: Any) -> Facts:
    return Facts("image", found, **more)


def pull(**changes: Any) -> Rules:
    return Rules(PullPolicy(**SWITCHES | changes))


@pytest.mark.parametrize(
    ("critical", "high", "limits", "refused"),
    [
        (1, 1, (1, 1), False),  # a limit is reached and not exceeded
        (2, 0, (1, 1), True),
        (0, 2, (1, 1), True),
        (0, 0, (0, 0), False),
        (1, 0, (0, 0), True),  # 0 refuses any
        (0, 9_999_999, (0, 9_999_999), False),
    ],
)
def test_a_pull_is_refused_where_a_count_exceeds_its_limit(
    critical: int, high: int, limits: tuple[int, int], refused: bool
) -> None:
    rules = pull(critical=limits[0], high=limits[1])
    found = may_pull(image(tally(critical, high)), rules)
    assert (found.outcome, found.rule) == (("refused", "vulnerable") if refused else ("allowed", None))


@pytest.mark.parametrize(
    ("state", "code", "why"),
    [
        ("", "", "never"),
        ("done", "", "never"),  # its result is no more
        ("queued", "", "queued"),
        ("queued", "ADAPTER_UNREACHABLE", "queued"),
        ("running", "", "running"),
        ("failed", "BAD_ARCHIVE", "failed"),
        ("queued", "NO_DATABASE", "waiting"),
        ("failed", "NO_DATABASE", "failed"),  # there were some, and they could not be read
    ],
)
def test_without_a_good_result_an_image_is_unscanned_whatever_the_reason(state: str, code: str, why: str) -> None:
    found = may_pull(image(scan_state=state, scan_code=code), BOTH)
    assert (found.outcome, [each.unscanned for each in found.reasons]) == ("refused", [why])
    assert may_pull(image(scan_state=state, scan_code=code), pull(restrict_unscanned=False)).outcome == "allowed"


@pytest.mark.parametrize("state", ["queued", "running", "failed"])
def test_the_last_good_result_stays_in_force_while_a_later_scan_goes_on_or_has_failed(state: str) -> None:
    assert may_pull(image(tally(), scan_state=state), BOTH).outcome == "allowed"
    assert may_pull(image(tally(2), scan_state=state), BOTH).rule == "vulnerable"


@pytest.mark.parametrize(("kind", "outcome"), [("index", "allowed"), ("artifact", "exempt")])
def test_what_is_no_image_is_exempt_and_yet_may_be_put_into_quarantine(kind: Any, outcome: str) -> None:
    assert may_pull(Facts(kind), BOTH).outcome == outcome
    assert may_pull(Facts(kind, quarantine=QUARANTINE), BOTH).rule == "quarantined"


@pytest.mark.parametrize(("mode", "outcome"), [("off", "allowed"), ("warn", "warned"), ("enforce", "refused")])
def test_the_mode_decides_what_becomes_of_a_rule_and_not_of_a_quarantine(mode: Mode, outcome: str) -> None:
    assert may_pull(image(), pull(mode=mode)).outcome == outcome
    put_out = may_pull(image(quarantine=QUARANTINE), pull(mode=mode))
    assert (put_out.outcome, put_out.rule) == ("refused", "quarantined")


def test_whoever_has_the_right_passes_and_it_is_known_what_was_passed() -> None:
    passed = may_pull(image(quarantine=QUARANTINE), BOTH, permitted=True)
    assert (passed.outcome, passed.allowed) == ("permitted", True)
    assert [each.rule for each in passed.reasons] == ["quarantined", "unscanned"]
    assert may_pull(image(tally()), BOTH, permitted=True).outcome == "allowed"


def test_an_index_is_shown_by_what_becomes_of_its_images() -> None:
    own, good, bad = Verdict("allowed"), may_pull(image(tally()), BOTH), may_pull(image(), BOTH)
    assert together(own, []) == own
    assert together(own, [good, good]) == own
    assert together(own, [good, may_pull(image(), pull(mode="warn"))]).outcome == "warned"
    assert (together(own, [good, bad]).outcome, together(own, [good, bad]).rule) == ("partly", "unscanned")
    assert together(own, [bad, bad]).outcome == "refused"


def test_a_refusal_says_counts_against_limits() -> None:
    found = may_pull(image(tally(3, 1)), pull(critical=0))
    assert wording.reasons(found) == "it has 3 critical vulnerabilities where none is allowed"


@dataclass(frozen=True)
class Case:
    findings: list[Finding]
    scan: ScanPolicy
    pull: PullPolicy
    waived: frozenset[str]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    def finding(number: int) -> Finding:
        fixed = draw(st.sampled_from(["", "2"]))
        kind = draw(st.sampled_from(["os", "language"]))
        published = draw(st.sampled_from([None, NOON, NOON - timedelta(days=9)]))
        found_at = draw(st.sampled_from([NOON, NOON - timedelta(days=5)]))
        level, units = draw(st.sampled_from(LEVELS)), draw(st.integers(1, 3))
        return Finding(f"CVE-{number}", (), "x", "p", "1", kind, level, fixed, published, found_at, units)  # type: ignore[arg-type]  # a kind

    findings = [finding(number) for number in range(draw(st.integers(0, 8)))]
    flags = st.booleans()
    scan = ScanPolicy(
        exclusion=draw(flags),
        exclude_language_packages=draw(flags),
        exclude_unfixed=draw(flags),
        exclude_level=draw(st.sampled_from([None, *LEVELS])),
    )
    limits = st.integers(0, 3)
    rules = PullPolicy(
        restrict_vulnerable=True,
        critical=draw(limits),
        high=draw(limits),
        exclude_unfixed=draw(flags),
        grace_days=draw(st.sampled_from([0, 7])),
    )
    return Case(findings, scan, rules, draw(st.frozensets(st.sampled_from([f"CVE-{number}" for number in range(8)]))))


def counts(case: Case, finding: Finding, since: datetime) -> bool:
    """Said once more, finding by finding."""
    scan = case.scan
    if scan.exclusion and scan.exclude_language_packages and finding.kind == "language":
        return False
    if scan.exclusion and scan.exclude_unfixed and not finding.fixed_version:
        return False
    if scan.exclusion and scan.exclude_level and LEVELS.index(finding.level) <= LEVELS.index(scan.exclude_level):
        return False
    if case.pull.exclude_unfixed and not finding.fixed_version:
        return False
    if finding.vulnerability in case.waived:
        return False
    young = finding.published is not None and finding.published > NOON - timedelta(days=case.pull.grace_days)
    return not (case.pull.grace_days and young and finding.found_at > since)


@given(cases())
def test_the_verdict_is_that_of_a_plain_filter_over_findings(case: Case) -> None:
    since = NOON - timedelta(days=3)
    spared = sparing.spare(
        case.findings,
        waived=lambda each: each.vulnerability in case.waived,
        fresh=lambda each: sparing.is_fresh(each, case.pull.grace_days, since, at=NOON),
    )
    found = Tally.of((each.kind, bool(each.fixed_version), each.level, each.units) for each in case.findings)
    verdict = may_pull(image(found), Rules(case.pull, case.scan), spared=spared)
    left = [each for each in case.findings if counts(case, each, since)]
    critical, high = (sum(each.units for each in left if each.level is level) for level in (Level.CRITICAL, Level.HIGH))
    assert verdict.allowed == (critical <= case.pull.critical and high <= case.pull.high)
    for reason in verdict.reasons:
        assert [each.found for each in reason.counts] == [critical, high]


@given(cases())
def test_what_is_spared_never_makes_a_pull_worse(case: Case) -> None:
    found = Tally.of((each.kind, bool(each.fixed_version), each.level, each.units) for each in case.findings)
    rules = Rules(replace(case.pull, grace_days=0), case.scan)
    if may_pull(image(found), rules).allowed:
        spared = sparing.spare(
            case.findings, waived=lambda each: each.vulnerability in case.waived, fresh=lambda _: True
        )
        assert may_pull(image(found), rules, spared=spared).allowed
