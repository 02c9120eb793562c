"""What becomes of a report of Grype."""

from datetime import UTC, datetime
from typing import Any

import pytest

from berth.scan.external import grype_report
from berth.scan.external.reported import Reported
from berth.scan.failed import ScanFailed
from tests.scan.external.recorded import GRYPE, document, rows


def report(*matches: Any, **more: Any) -> Reported:  # Any: JSON
    descriptor = {"name": "grype", "version": "0.80.0"}
    distro = {"name": "debian", "version": "12"}
    return grype_report.parse({"matches": list(matches), "descriptor": descriptor, "distro": distro, **more})


def match(
    id_: str = "CVE-2020-1001", related: tuple[str, ...] = (), artifact: dict[str, Any] | None = None, **told: Any
) -> dict[str, Any]:  # Any: JSON
    return {
        "vulnerability": {"id": id_, "severity": "High", "namespace": "debian:distro:debian:12"} | told,
        "relatedVulnerabilities": [{"id": each} for each in related],
        "artifact": {"name": "a", "version": "1.0.0", "type": "deb"} | (artifact or {}),
    }


def test_a_recorded_report_says_what_grype_found() -> None:
    reported = grype_report.parse(document(GRYPE))
    assert rows(reported) == [
        ("os", "package-1", "1.1.1", "CVE-1999-0001", "low", "1.2.1"),
        ("os", "package-2", "2.2.2", "CVE-1999-0002", "critical", "unknown"),
    ]
    assert [each.match.vulnerability.score for each in reported.findings] == [8.2, 8.5]
    assert [each.package.path for each in reported.findings] == ["foo/bar/somefile-1.txt", "foo/bar/somefile-2.txt"]
    assert (reported.os.id, reported.os.version) == ("centos", "8.0") if reported.os else None
    assert reported.scanner_version == "[not provided]"


@pytest.mark.parametrize(
    ("type_", "kind", "type_of_package"),
    [
        ("deb", "os", "deb"),
        ("rpm", "os", "rpm"),
        ("apk", "os", "apk"),
        ("alpm", "os", "alpm"),
        ("portage", "os", "portage"),
        ("python", "language", "pypi"),
        ("npm", "language", "npm"),
        ("go-module", "language", "golang"),
        ("java-archive", "language", "maven"),
        ("php-composer", "language", "composer"),
        ("dotnet", "language", "nuget"),
        ("gem", "language", "gem"),
        ("rust-crate", "language", "cargo"),
        ("binary", "language", "binary"),
    ],
)
def test_the_type_says_whether_a_package_is_the_systems(type_: str, kind: str, type_of_package: str) -> None:
    (finding,) = report(match(artifact={"type": type_})).findings
    assert (finding.package.kind, finding.package.type) == (kind, type_of_package)


def test_a_jar_is_called_by_its_group_too() -> None:
    url = "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1"
    artifact = {"name": "log4j-core", "version": "2.14.1", "type": "java-archive", "purl": url}
    (finding,) = report(match(artifact=artifact)).findings
    assert finding.package.name == "org.apache.logging.log4j:log4j-core"


def test_an_epoch_of_nothing_is_not_shown() -> None:
    (finding,) = report(match(artifact={"type": "rpm", "version": "0:1.2-3"})).findings
    assert finding.package.version == "1.2-3"


def test_a_source_package_is_told() -> None:
    artifact = {"name": "bsdutils", "upstreams": [{"name": "util-linux", "version": "2.38.1-5"}]}
    (finding,) = report(match(artifact=artifact)).findings
    assert (finding.package.source_name, finding.package.source_version) == ("util-linux", "2.38.1-5")


def test_a_ghsa_that_is_a_cve_is_one_finding_with_it() -> None:
    (finding,) = report(
        match("GHSA-1", ("CVE-2020-1001",), severity="Critical", namespace="github:language:python"),
        match("CVE-2020-1001", severity="Medium", fix={"versions": ["1.0.1"], "state": "fixed"}),
    ).findings
    assert (finding.match.vulnerability.id, finding.match.vulnerability.aliases) == ("CVE-2020-1001", ("GHSA-1",))
    assert (finding.match.level, finding.match.level_source) == ("critical", "ghsa")
    assert (finding.match.fixed_version, finding.match.records) == ("1.0.1", ("CVE-2020-1001", "GHSA-1"))


def test_a_bulletin_of_several_flaws_stays_itself_and_can_be_found_by_each() -> None:
    (finding,) = report(match("ALAS-2021-1", ("CVE-2020-1002", "CVE-2020-1001"))).findings
    assert finding.match.vulnerability.id == "ALAS-2021-1"
    assert finding.match.vulnerability.aliases == ("CVE-2020-1001", "CVE-2020-1002")


@pytest.mark.parametrize(
    ("state", "told"), [("not-fixed", "unfixed"), ("wont-fix", "wont-fix"), ("unknown", "unknown"), ("", "unknown")]
)
def test_a_flaw_without_a_fix_says_why_there_is_none(state: str, told: str) -> None:
    (finding,) = report(match(fix={"versions": [], "state": state})).findings
    assert (finding.match.fixed_version, finding.match.fix_state) == ("", told)


def test_a_score_may_stand_with_the_related_flaw() -> None:
    cvss = [
        {"version": "2.0", "vector": "AV:N/AC:L/Au:N/C:P/I:N/A:N"},
        {"version": "3.1", "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},
    ]
    given = match("GHSA-1") | {"relatedVulnerabilities": [{"id": "CVE-2020-1001", "cvss": cvss, "description": "bad"}]}
    (finding,) = report(given).findings
    assert (finding.match.vulnerability.score, finding.match.vulnerability.description) == (9.8, "bad")


@pytest.mark.parametrize(
    "database", [{"built": "2026-10-01T08:00:00Z"}, {"status": {"built": "2026-10-01T08:00:00Z", "valid": True}}]
)
def test_the_age_of_its_database_is_told(database: dict[str, Any]) -> None:  # Any: JSON
    reported = report(descriptor={"name": "grype", "version": "0.80.0", "db": database})
    assert reported.database_at == datetime(2026, 10, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "given", [{}, {"matches": []}, {"matches": {}, "descriptor": {"name": "grype"}}, {"descriptor": {"name": "grype"}}]
)
def test_what_is_no_report_is_no_clean_image(given: dict[str, Any]) -> None:  # Any: JSON
    with pytest.raises(ScanFailed) as failed:
        grype_report.parse(given)
    assert failed.value.code == "SCANNER_OUTPUT"


def test_a_finding_that_cannot_be_read_is_told_of() -> None:
    reported = report(match(), {"vulnerability": {"id": "CVE-1"}}, {})
    assert (len(reported.findings), [gap.code for gap in reported.gaps]) == (1, ["damaged"])


def test_a_report_of_another_image_is_refused() -> None:
    read = document(GRYPE)
    own = read["source"]["target"]["imageID"]
    assert grype_report.parse(read, config=own).findings
    with pytest.raises(ScanFailed, match="another image"):
        grype_report.parse(read, config=own.replace("a", "b"))
