"""What code scanning makes of a result."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from berth.scan import exclusion
from berth.scan.exports import sarif
from berth.scan.report import Report
from berth.words.policies import Level, ScanPolicy
from tests.scan import reports
from tests.scan.exports import schemas


def run(report: Report) -> Any:  # Any: JSON
    return schemas.check(schemas.SARIF, sarif.document(report))["runs"][0]


def rule(of: Report, id_: str) -> Any:  # Any: JSON
    return next(each for each in run(of)["tool"]["driver"]["rules"] if each["id"] == id_)


@given(reports.reports())
def test_every_result_has_a_rule_a_place_and_a_fingerprint(report: Report) -> None:
    view = exclusion.apply(report.policy, report.findings, report.secrets)
    read = run(report)
    rules = read["tool"]["driver"]["rules"]
    assert len({each["id"] for each in rules}) == len(rules)
    assert len(read["results"]) == len(view.findings) + len(view.secrets)
    for result in read["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["fingerprints"]["berth/v1"]
        place = result["locations"][0]["physicalLocation"]
        assert place["region"]["startLine"] >= 1
        assert not place["artifactLocation"]["uri"].startswith("/")
        assert ":" not in place["artifactLocation"]["uri"]


@pytest.mark.parametrize(
    ("level", "shown"),
    [
        ("critical", "error"),
        ("high", "error"),
        ("medium", "warning"),
        ("low", "note"),
        ("negligible", "note"),
        ("unknown", "note"),
        ("none", "note"),
    ],
)
def test_levels_are_those_of_code_scanning(level: str, shown: str) -> None:
    [result] = run(reports.report(findings=(reports.finding(level=Level(level)),), secrets=()))["results"]
    assert (result["level"], result["properties"]["level"]) == (shown, level)


@pytest.mark.parametrize(
    ("level", "score", "severity"),
    [
        (Level.CRITICAL, 9.8, "9.8"),
        (Level.LOW, 9.8, "2.0"),
        (Level.HIGH, None, "8.0"),
        (Level.MEDIUM, 6.9, "6.9"),
        (Level.NEGLIGIBLE, 7.5, "0.1"),
        (Level.UNKNOWN, None, "0.0"),
        (Level.CRITICAL, float("nan"), "9.5"),
    ],
)
def test_the_security_severity_is_of_the_level_that_is_shown_here(
    level: Level, score: float | None, severity: str
) -> None:
    of = reports.report(findings=(reports.finding(level=level, score=score),))
    assert rule(of, "CVE-2024-28085")["properties"]["security-severity"] == severity


def test_a_rule_is_as_grave_as_its_worst_finding() -> None:
    findings = (reports.finding(), reports.finding(reports.LODASH, level=Level.CRITICAL))
    properties = rule(reports.report(findings=findings), "CVE-2024-28085")["properties"]
    assert properties["tags"] == ["security", "vulnerability", "critical"]


def test_a_result_says_what_is_wrong_and_what_mends_it() -> None:
    results = run(reports.report())["results"]
    assert [each["message"]["text"] for each in results] == [
        "bsdutils 1:2.38.1-5+b1 has CVE-2024-28085 (low); there is no version that fixes it.",
        "lodash 4.17.15 has CVE-2020-8203 (high); fixed in 4.17.19.",
        "lodash 4.17.15 has CVE-2021-23337 (critical); there is no version that fixes it.",
        "GitHub token in app/.env: ghp_****.",
    ]
    package = results[0]["locations"][0]["logicalLocations"][0]
    assert package["name"] == "bsdutils"
    assert package["fullyQualifiedName"].startswith("pkg:deb/debian/bsdutils@")


def test_a_secret_lies_in_its_line() -> None:
    place = run(reports.report(findings=()))["results"][0]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("app/.env", 3)


def test_a_fingerprint_outlives_another_build_and_another_rating() -> None:
    first = run(reports.report(findings=(reports.finding(),)))["results"][0]
    rebuilt = replace(reports.UTIL_LINUX, layer="sha256:" + "2" * 64)
    again = run(reports.report(findings=(reports.finding(rebuilt, level=Level.HIGH, fixed="3"),)))["results"][0]
    assert first["fingerprints"] == again["fingerprints"]


def test_results_of_one_file_have_fingerprints_of_their_own() -> None:
    other = replace(reports.UTIL_LINUX, name="mount")
    results = run(reports.report(findings=(reports.finding(), reports.finding(other))))["results"]
    assert results[0]["partialFingerprints"] != results[1]["partialFingerprints"]


@pytest.mark.parametrize("link", ["javascript:alert(1)", "https://example.org/\n", "file:///etc/passwd", "https://a b"])
def test_only_addresses_of_the_web_are_linked(link: str) -> None:
    of = reports.report(findings=(reports.finding(links=(link,)),))
    assert rule(of, "CVE-2024-28085")["helpUri"] == "https://nvd.nist.gov/vuln/detail/CVE-2024-28085"


def test_a_name_makes_no_link() -> None:
    package = replace(reports.LODASH, name="[click](https://example.org)")
    [result] = run(reports.report(findings=(reports.finding(package),), secrets=()))["results"]
    assert "](" not in result["message"]["text"]


def test_what_was_not_checked_and_what_is_hidden_is_told() -> None:
    read = run(reports.report(policy=ScanPolicy(exclusion=True, exclude_secrets=True, exclude_level=Level.LOW)))
    [note] = read["invocations"][0]["toolExecutionNotifications"]
    assert (note["level"], note["message"]["text"]) == ("warning", "Free support of Debian 12 has ended.")
    assert (read["properties"]["hiddenByPolicy"], read["properties"]["hiddenSecrets"]) == (1, 1)
