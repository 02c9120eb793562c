"""What becomes of a report of Trivy."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from berth.scan.external import trivy_report
from berth.scan.external.reported import Reported
from berth.scan.failed import ScanFailed
from berth.scan.inventory import Gap, Package, Secret
from berth.words.policies import Level
from tests.scan.external.recorded import TRIVY, Row, document, rows
from tests.scan.secrets.shapes import GITHUB


def parsed(name: str) -> Reported:
    return trivy_report.parse(document(TRIVY / f"{name}.json"))


def report(*results: dict[str, Any], **more: Any) -> Reported:  # Any: JSON
    return trivy_report.parse({"SchemaVersion": 2, "Results": list(results), **more})


def found(*vulnerabilities: dict[str, Any], class_: str = "lang-pkgs", type_: str = "npm") -> Reported:  # Any: JSON
    result = {"Class": class_, "Type": type_, "Target": "app/package-lock.json"}
    return report(result | {"Vulnerabilities": list(vulnerabilities)})


def flaw(**changes: Any) -> dict[str, Any]:  # Any: JSON
    return {
        "VulnerabilityID": "CVE-2020-1001",
        "PkgName": "a",
        "InstalledVersion": "1.0.0",
        "Severity": "HIGH",
    } | changes


ALPINE: list[Row] = [
    ("os", "libcrypto1.1", "1.1.1c-r0", "CVE-2019-1549", "medium", "1.1.1d-r0"),
    ("os", "libcrypto1.1", "1.1.1c-r0", "CVE-2019-1551", "medium", "1.1.1d-r2"),
    ("os", "libssl1.1", "1.1.1c-r0", "CVE-2019-1549", "medium", "1.1.1d-r0"),
    ("os", "libssl1.1", "1.1.1c-r0", "CVE-2019-1551", "medium", "1.1.1d-r2"),
]
RECORDED: dict[str, list[Row]] = {
    "alpine-310": ALPINE,
    "alpine-distroless": [("os", "git", "2.35.1-r2", "CVE-2022-24765", "medium", "2.35.2-r0")],
    "amazon-2": [
        ("os", "curl", "7.61.1-9.amzn2.0.1", "CVE-2019-5481", "medium", "7.61.1-12.amzn2.0.1"),
        ("os", "curl", "7.61.1-9.amzn2.0.1", "CVE-2019-5436", "low", "7.61.1-11.amzn2.0.2"),
    ],
    "centos-7": [
        ("os", "bash", "4.2.46-31.el7", "CVE-2019-18276", "low", "wont-fix"),
        ("os", "openssl-libs", "1:1.0.2k-16.el7", "CVE-2019-1559", "medium", "1:1.0.2k-19.el7"),
        ("os", "openssl-libs", "1:1.0.2k-16.el7", "CVE-2018-0734", "low", "1:1.0.2k-19.el7"),
    ],
    "composer.vendor": [("language", "guzzlehttp/psr7", "1.8.3", "CVE-2022-24775", "high", "1.8.4")],
    "debian-buster": [
        ("os", "bash", "5.0-4", "CVE-2019-18276", "low", "unfixed"),
        ("os", "libidn2-0", "2.0.5-1", "CVE-2019-18224", "critical", "2.0.5-1+deb10u1"),
    ],
    "debian-buster-ignore-unfixed": [("os", "libidn2-0", "2.0.5-1", "CVE-2019-18224", "critical", "2.0.5-1+deb10u1")],
    "dotnet": [("language", "Newtonsoft.Json", "9.0.1", "GHSA-5crp-9r3c-p9vr", "high", "13.0.1")],
    "npm": [("language", "jquery", "3.3.9", "CVE-2019-11358", "medium", "3.4.0")],
    "pip": [
        ("language", "Werkzeug", "0.11", "CVE-2019-14806", "high", "0.15.3"),
        ("language", "Werkzeug", "0.11", "CVE-2020-28724", "medium", "0.11.6"),
    ],
    "secrets": [],
    "sl-micro-rancher5.4": [],
}


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_report_says_what_trivy_found(name: str) -> None:
    assert rows(parsed(name)) == RECORDED[name]


def test_modules_of_go_are_told_by_the_file_they_are_in() -> None:
    assert [(each.package.path, each.package.type, each.match.level) for each in parsed("gomod").findings] == [
        ("go.mod", "golang", Level.UNKNOWN),
        ("go.mod", "golang", Level.MEDIUM),
        ("go.mod", "golang", Level.UNKNOWN),
        ("submod/go.mod", "golang", Level.UNKNOWN),
        ("submod2/go.mod", "golang", Level.UNKNOWN),
    ]


def test_a_finding_tells_all_that_is_shown_of_it() -> None:
    (finding, *_) = parsed("alpine-310").findings
    match = finding.match
    assert finding.package.layer == "sha256:9d48c3bd43c520dc2784e868a780e976b207cbf493eaff8c6596eb871cbd9609"
    assert (match.level_source, match.records) == ("nvd", ("CVE-2019-1549",))
    assert match.vulnerability.title == "openssl: information disclosure in fork()"
    assert match.vulnerability.description.startswith("OpenSSL 1.1.1 introduced")
    assert match.vulnerability.links[0] == "https://avd.aquasec.com/nvd/cve-2019-1549"
    assert match.vulnerability.score == 5.3
    assert match.vulnerability.vector == "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"
    assert match.vulnerability.published == datetime(2019, 9, 10, 17, 15, tzinfo=UTC)
    assert match.vulnerability.modified == datetime(2020, 10, 20, 22, 15, tzinfo=UTC)


def test_the_system_is_called_as_it_calls_itself() -> None:
    systems = {name: parsed(name).os for name in ("alpine-310", "amazon-2", "sl-micro-rancher5.4")}
    assert {name: (os.id, os.version) for name, os in systems.items() if os is not None} == {
        "alpine-310": ("alpine", "3.10.2"),
        "amazon-2": ("amzn", "2"),
        "sl-micro-rancher5.4": ("sle-micro", "5.4"),
    }
    assert systems["alpine-310"] is not None
    assert systems["alpine-310"].eol_on == date(2021, 5, 1)


def test_an_image_without_a_system_is_told_to_have_none() -> None:
    assert [gap.code for gap in parsed("npm").gaps] == ["os-unknown"]
    assert parsed("sl-micro-rancher5.4").gaps == ()


def test_a_system_whose_end_only_trivy_knows_is_told_to_have_ended() -> None:
    os = {"Family": "echo", "Name": "1", "EOSL": True}
    assert [gap.code for gap in report(Metadata={"OS": os}).gaps] == ["os-eol"]


def test_a_system_that_nobody_has_advisories_for_is_no_clean_one() -> None:
    assert [gap.code for gap in report(Metadata={"OS": {"Family": "templeos", "Name": "5"}}).gaps] == ["os-unknown"]


def test_every_package_is_told_with_its_source() -> None:
    package = {
        "Name": "bsdutils",
        "Identifier": {"PURL": "pkg:deb/debian/bsdutils@2.38.1-5%2Bb1?arch=amd64&epoch=1", "UID": "1"},
        "Version": "2.38.1",
        "Release": "5+b1",
        "Epoch": 1,
        "Arch": "amd64",
        "SrcName": "util-linux",
        "SrcVersion": "2.38.1",
        "SrcRelease": "5",
        "Licenses": ["GPL-2.0-or-later", "MIT"],
        "Maintainer": "Debian util-linux Maintainers",
        "Layer": {"Digest": "sha256:1"},
    }
    vulnerability = {"VulnerabilityID": "CVE-2024-28085", "PkgName": "bsdutils", "PkgIdentifier": {"UID": "1"}}
    reported = report({"Class": "os-pkgs", "Type": "debian", "Packages": [package], "Vulnerabilities": [vulnerability]})
    bsdutils = Package(
        *("os", "deb", "bsdutils", "1:2.38.1-5+b1", "util-linux", "2.38.1-5", "amd64"),
        layer="sha256:1",
        license="GPL-2.0-or-later AND MIT",
        vendor="Debian util-linux Maintainers",
    )
    assert reported.packages == (bsdutils,)
    assert [finding.package for finding in reported.findings] == [bsdutils]


@pytest.mark.parametrize(("type_", "type_of_package"), [("jar", "maven"), ("gobinary", "golang"), ("uv", "pypi")])
def test_a_language_package_has_the_type_that_its_url_would_have(type_: str, type_of_package: str) -> None:
    assert [each.package.type for each in found(flaw(), type_=type_).findings] == [type_of_package]


def test_a_type_that_came_later_is_taken_from_the_package_url() -> None:
    vulnerability = flaw(PkgIdentifier={"PURL": "pkg:swift/github.com/a/b@1.0.0"})
    assert [each.package.type for each in found(vulnerability, type_="new").findings] == ["swift"]


@pytest.mark.parametrize(
    ("installed", "fixed", "smallest"),
    [
        ("1.2.0", "1.1.9, 1.2.3, 2.0.1", "1.2.3"),
        ("1.2.0", "2.0.1, 1.10.0, 1.9.0", "1.9.0"),
        ("3.0.0", "1.1.9, 2.0.1", "1.1.9"),
        ("not a version", "1.1.9, 2.0.1", "1.1.9"),
        ("1.2.0", ">=1.2.3, <2", ">=1.2.3"),
        ("1.2.0", "", ""),
        ("1.2.0", " , ,", ""),
    ],
)
def test_of_several_fixes_the_smallest_greater_one_is_told(installed: str, fixed: str, smallest: str) -> None:
    (finding,) = found(flaw(InstalledVersion=installed, FixedVersion=fixed)).findings
    assert finding.match.fixed_version == smallest


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("affected", "unfixed"),
        ("will_not_fix", "wont-fix"),
        ("end_of_life", "wont-fix"),
        ("fix_deferred", "deferred"),
        ("under_investigation", "unknown"),
        ("unknown", "unknown"),
        ("fixed", "unknown"),
        (None, "unfixed"),
    ],
)
def test_a_flaw_without_a_fix_says_why_there_is_none(status: str | None, state: str) -> None:
    (finding,) = found(flaw(Status=status)).findings
    assert (finding.match.fixed_version, finding.match.fix_state) == ("", state)


def test_what_does_not_affect_is_no_finding() -> None:
    reported = found(flaw(Status="not_affected"))
    assert (reported.findings, [gap.code for gap in reported.gaps]) == ((), ["os-unknown"])


def test_a_ghsa_that_is_a_cve_is_called_by_the_cve() -> None:
    (finding,) = found(flaw(VulnerabilityID="GHSA-1", VendorIDs=["CVE-2020-1002", "RHSA-2020:1"])).findings
    assert (finding.match.vulnerability.id, finding.match.vulnerability.aliases) == ("CVE-2020-1002", ("GHSA-1",))
    assert finding.match.records == ("CVE-2020-1002", "RHSA-2020:1")


def test_a_flaw_under_two_names_is_one_finding_with_the_higher_level() -> None:
    (finding,) = found(
        flaw(VulnerabilityID="GHSA-1", VendorIDs=["CVE-2020-1002"], Severity="CRITICAL"),
        flaw(VulnerabilityID="CVE-2020-1002", Severity="LOW", FixedVersion="1.0.1"),
    ).findings
    assert (finding.match.level, finding.match.fixed_version, finding.match.fix_state) == ("critical", "1.0.1", "fixed")
    assert finding.match.vulnerability.aliases == ("GHSA-1",)


def test_what_debian_calls_unimportant_is_negligible_when_our_advisories_say_so() -> None:
    given = document(TRIVY / "debian-buster.json")
    reported = trivy_report.parse(given, own=lambda package, name: Level.NEGLIGIBLE)  # noqa: ARG005  all it is asked
    assert [row[3:5] for row in rows(reported)] == [("CVE-2019-18276", "negligible"), ("CVE-2019-18224", "critical")]


def test_only_the_masked_match_of_a_secret_is_kept() -> None:
    assert parsed("secrets").secrets == (
        Secret(
            "aws-access-key-id", "critical", "AWS Access Key ID", "deploy.sh", 3, f"export AWS_ACCESS_KEY_ID={'*' * 20}"
        ),
        Secret("mysecret", "high", "My Secret", "deploy.sh", 7, "echo ********"),
    )


@pytest.mark.parametrize("match", [f"A=****; B={GITHUB}", GITHUB])
def test_a_secret_that_trivy_shows_in_the_clear_is_masked_here(match: str) -> None:
    code = {"Lines": [{"Number": 1, "Content": GITHUB, "Highlighted": GITHUB}]}
    secret = {"RuleID": "own", "Severity": "HIGH", "StartLine": 1, "Match": match, "Code": code}
    reported = report({"Class": "secret", "Target": "/app/.env", "Secrets": [secret]})
    assert [(each.path, each.level) for each in reported.secrets] == [("app/.env", "high")]
    assert GITHUB not in repr(reported)


@pytest.mark.parametrize("version", [1, 3, None, "2"])
def test_another_schema_is_refused(version: object) -> None:
    with pytest.raises(ScanFailed) as failed:
        trivy_report.parse({"SchemaVersion": version, "Results": []})
    assert failed.value.code == "SCANNER_OUTPUT"


@pytest.mark.parametrize("vulnerability", [{}, flaw(PkgName=""), flaw(VulnerabilityID=7), flaw(PkgName=["a"])])
def test_a_finding_that_cannot_be_read_is_told_of(vulnerability: dict[str, Any]) -> None:  # Any: JSON
    reported = found(vulnerability, flaw())
    assert len(reported.findings) == 1
    told = Gap("damaged", "Some findings that the scanner reports say too little and were left out.")
    assert told in reported.gaps


def test_names_of_an_image_cannot_steer_a_terminal_or_the_web() -> None:
    links = ["javascript:alert(1)", "https://example.org/\u202e", "https://example.org/a"]
    hostile = flaw(PkgName="a\x1b[2J\u202eb\0", Title="x\r\ny", Description="a\nb\x07", References=links)
    (finding,) = found(hostile).findings
    assert finding.package.name == "a[2Jb"
    assert finding.match.vulnerability.title == "x  y"
    assert finding.match.vulnerability.description == "a\nb"
    assert finding.match.vulnerability.links == ("https://example.org/a",)


def test_a_report_can_always_be_written_down_again() -> None:
    surrogate = json.loads('"\\ud800"')
    (finding,) = found(flaw(PkgName=f"a{surrogate}", Description=surrogate)).findings
    assert finding.package.name.encode() == b"a"
