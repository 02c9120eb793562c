"""Reports that no scanner would write: read within bounds, refused in one way, and never a crash."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.scan.external import documents, flaws, grype_report, harbor_report, purls, trivy_report
from berth.scan.external.reported import Limits, Reported
from berth.scan.failed import ScanFailed
from berth.scan.inventory import Inventory, Package, Secret
from tests.scan.external.recorded import GRYPE, TRIVY, document

Read = TypeVar("Read")

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def broken(draw: st.DrawFn, whole: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
    """A report in which some value has become another."""
    copy = json.loads(json.dumps(whole))
    for _ in range(draw(st.integers(1, 4))):
        place: Any = copy  # Any: JSON
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = draw(st.sampled_from(keys))
            deeper = place[key]
            if not isinstance(deeper, dict | list) or not deeper or draw(st.integers(0, 9)) == 0:
                place[key] = draw(VALUES)
                break
            place = deeper
    broken_: dict[str, Any] = copy  # Any: JSON
    return broken_


def refused_or(work: Callable[[], Read]) -> Read | None:
    """What it makes; None when it refuses in the one way."""
    try:
        return work()
    except ScanFailed as failed:
        code = failed.code
    assert code == "SCANNER_OUTPUT"
    return None


def sound(reported: Reported | None) -> None:
    for finding in reported.findings if reported is not None else ():
        assert finding.package.name
        assert finding.match.vulnerability.id
        assert (finding.match.fix_state == "fixed") == bool(finding.match.fixed_version)
    repr(reported).encode()


HARBOR = {
    "generated_at": "2026-10-01T08:00:00Z",
    "scanner": {"name": "Clair", "version": "4.8"},
    "vulnerabilities": [
        {
            "id": "CVE-2020-1001",
            "package": "a",
            "version": "1.0.0",
            "fix_version": "1.0.1, 2.0.0",
            "severity": "High",
            "description": "bad",
            "links": ["https://example.org"],
            "preferred_cvss": {"vector_v3": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "vector_v2": ""},
            "status": "affected",
        }
    ],
}
INVENTORY = Inventory(None, (Package("language", "npm", "a", "1.0.0"),))


@given(broken(document(TRIVY / "centos-7.json")) | broken(document(TRIVY / "secrets.json")))
def test_a_broken_report_of_trivy_is_refused_or_sound(report: dict[str, Any]) -> None:  # Any: JSON
    sound(refused_or(lambda: trivy_report.parse(report)))


@given(broken(document(GRYPE)))
def test_a_broken_report_of_grype_is_refused_or_sound(report: dict[str, Any]) -> None:  # Any: JSON
    sound(refused_or(lambda: grype_report.parse(report)))


@given(broken(HARBOR))
def test_a_broken_report_of_an_adapter_is_refused_or_sound(report: dict[str, Any]) -> None:  # Any: JSON
    sound(refused_or(lambda: harbor_report.parse(report, INVENTORY)))


@given(st.binary(max_size=200))
def test_whatever_bytes_come_are_an_object_or_refused(body: bytes) -> None:
    assert isinstance(refused_or(lambda: documents.load(body, "it")), dict | None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"a": NaN}',
        b"\xff\xfe",
        b'{"a":' * 100_000,
        b"[" * 6_000_000,
        b'{"a": ' + b"9" * 10_000 + b"}",
    ],
    ids=["nothing", "a list", "null", "half", "NaN", "no text", "deep", "weight", "a long number"],
)
def test_what_is_no_report_is_refused(body: bytes) -> None:
    with pytest.raises(ScanFailed) as failed:
        documents.load(body, "it")
    assert failed.value.code == "SCANNER_OUTPUT"


@given(st.text(max_size=40), st.lists(st.text(max_size=20), max_size=5), st.sampled_from(["deb", "npm", "pypi", "x"]))
def test_a_fix_is_one_of_those_that_were_given(version: str, given_: list[str], type_: str) -> None:
    fix = flaws.fix(Package("language", type_, "a", version), given_)
    assert fix in {"", *(each.strip() for each in given_)}
    assert bool(fix) == any(each.strip() for each in given_)


@given(st.text(max_size=100), st.integers(0, 50))
def test_a_cleaned_text_is_one_line_that_can_be_printed(text: str, limit: int) -> None:
    cleaned = documents.text(text, limit)
    assert cleaned.isprintable()
    assert len(cleaned) <= limit


@pytest.mark.parametrize(
    "results",
    [
        [{"Class": "lang-pkgs", "Type": "npm", "Vulnerabilities": ["CVE-2020-1000"]}],
        [{"Class": "lang-pkgs", "Type": "npm", "Vulnerabilities": {"CVE-2020-1000": {}}}],
        [{"Class": "some-pkgs", "Vulnerabilities": [{"VulnerabilityID": "CVE-2020-1000", "PkgName": "a"}]}],
        [{"Class": "lang-pkgs", "Vulnerabilities": [{"VulnerabilityID": "C" * 121, "PkgName": "a"}]}],
    ],
)
def test_what_trivy_says_in_a_way_that_is_not_understood_is_no_clean_image(results: list[Any]) -> None:  # Any: JSON
    reported = trivy_report.parse({"SchemaVersion": 2, "Results": results})
    assert reported.findings == ()
    assert "damaged" in {gap.code for gap in reported.gaps}


@pytest.mark.parametrize("results", [{}, "none", [None], [[]]])
def test_results_that_are_none_are_no_report(results: Any) -> None:  # Any: JSON
    assert refused_or(lambda: trivy_report.parse({"SchemaVersion": 2, "Results": results})) is None


def test_a_match_of_grype_that_is_none_is_told() -> None:
    reported = grype_report.parse({"descriptor": {"name": "grype"}, "matches": ["CVE-2020-1000"]})
    assert "damaged" in {gap.code for gap in reported.gaps}


def test_what_a_scanner_says_of_itself_is_not_longer_than_there_is_room_for() -> None:
    reported = Reported.gathered(None, scanner="it")
    assert len(reported.by("it", "9" * 600, sha256="a" * 64, database_at=None).scanner_version) < 200
    assert reported.by("it", "", database_at=None).scanner_version == "unknown"


@pytest.mark.parametrize("url", ["pkg:\ud800/a@1", "pkg:" + "x" * 600 + "/a@1", "pkg:npm/a@1"])
def test_a_type_of_package_is_a_short_word(url: str) -> None:
    type_ = purls.type_of(url)
    assert type_.isprintable()
    assert len(type_) <= purls.MAX_TYPE


def test_what_is_too_much_is_left_out_and_told() -> None:
    packages = [Package("os", "deb", f"p{number}", "1") for number in range(5)]
    secrets = [Secret("rule", "high", "", "a", number, "***") for number in range(5)]
    reported = Reported.gathered(
        None, packages, (), secrets, scanner="it", limits=Limits(packages=2, findings=2, secrets=5)
    )
    assert (len(reported.packages), len(reported.secrets)) == (2, 5)
    assert [gap.code for gap in reported.gaps] == ["truncated"]
