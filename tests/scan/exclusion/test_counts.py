"""What is counted as one."""

from dataclasses import replace

from berth.scan import report
from berth.scan.report import ByLevel
from berth.words.policies import Level
from tests.scan import reports


def test_a_package_at_two_places_counts_once_and_at_the_worst_level() -> None:
    elsewhere = replace(reports.LODASH, path="opt/node_modules/lodash/package.json")
    findings = [
        reports.finding(reports.LODASH, level=Level.LOW),
        reports.finding(elsewhere, level=Level.HIGH, fixed="4.17.19"),
    ]
    counts = report.count(findings, ())
    assert (counts.findings, counts.fixable, counts.vulnerabilities) == (ByLevel(high=1), ByLevel(high=1), 1)


def test_packages_of_one_source_count_each() -> None:
    other = replace(reports.UTIL_LINUX, name="mount")
    counts = report.count([reports.finding(), reports.finding(other)], ())
    assert (counts.findings.total, counts.vulnerabilities) == (2, 1)


def test_two_versions_of_a_package_count_each() -> None:
    newer = replace(reports.LODASH, version="4.17.16")
    assert report.count([reports.finding(reports.LODASH), reports.finding(newer)], ()).findings.total == 2


def test_what_is_shown_elsewhere_is_not_counted_as_hidden() -> None:
    counts = report.count([reports.finding()], (), hidden=[reports.finding(), reports.finding(id_="CVE-2024-2")])
    assert counts.hidden == 1


def test_secrets_are_counted_apart_and_by_level() -> None:
    key = replace(reports.TOKEN, rule="private-key", level="high")
    counts = report.count([], [reports.TOKEN, key, key])
    assert (counts.secrets, counts.findings) == (ByLevel(critical=1, high=2), ByLevel())


def test_a_package_counts_its_own() -> None:
    findings = [reports.finding(), reports.finding(reports.LODASH, "CVE-2020-8203", Level.HIGH)]
    assert report.count_by_package(findings) == {
        reports.UTIL_LINUX: ByLevel(low=1),
        reports.LODASH: ByLevel(high=1),
    }


def test_a_package_is_of_its_system_or_its_language() -> None:
    assert report.origin(reports.UTIL_LINUX, reports.DEBIAN) == "debian 12"
    assert report.origin(reports.LODASH, reports.DEBIAN) == "Node.js"
    assert report.origin(reports.UTIL_LINUX, None) == "deb"
