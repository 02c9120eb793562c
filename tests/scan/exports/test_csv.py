"""Lists for spreadsheets: what a spreadsheet reads is what was found, and none of it is a formula."""

import csv as reading
import io
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given

from berth.scan import exclusion
from berth.scan.exports import csv
from berth.scan.inventory import Secret
from berth.scan.report import Report
from tests.scan import reports

reading.field_size_limit(10**6)

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
CONTROL = re.compile("[^\t\n\r -~\u00a0-\ud7ff\ue000-\U0010ffff]")


def rows(pieces: Iterator[bytes]) -> list[dict[str, str]]:
    text = b"".join(pieces).decode()
    return list(reading.DictReader(io.StringIO(text, newline=""), strict=True))


def found(report: Report) -> list[dict[str, str]]:
    """The rows of vulnerabilities alone."""
    return [row for row in rows(csv.vulnerabilities(report)) if row["Category"] != "not checked"]


def plain(cell: str) -> str:
    """Without the apostrophes before what would be a formula."""
    return re.sub(r"'(?=[\t\r\n]|\s*[-=+@\uff1d\uff0b\uff0d\uff20])", "", cell)


def same(cell: str, text: str) -> bool:
    return plain(cell) == plain(CONTROL.sub("\ufffd", text))


@given(reports.reports())
def test_what_is_read_back_is_what_was_found(report: Report) -> None:
    view = exclusion.apply(report.policy, report.findings, report.secrets)
    listed = found(report)
    assert len(listed) == len(view.findings)
    for row, finding in zip(listed, view.findings, strict=True):
        package, match = finding.package, finding.match
        assert (row["Category"], row["Severity"], row["Fix state"]) == (package.kind, match.level, match.fix_state)
        for column, text in {
            "Package": package.name,
            "Vulnerability": match.vulnerability.id,
            "Current version": package.version,
            "Fix version": match.fixed_version,
            "Description": match.vulnerability.description,
            "Path": package.path,
        }.items():
            assert same(row[column], text)


@given(reports.reports())
def test_packages_and_secrets_are_read_back_too(report: Report) -> None:
    report = replace(report, packages=tuple({each.version: each for each in report.packages}.values()))
    view = exclusion.apply(report.policy, report.findings, report.secrets)
    for row, package in zip(rows(csv.packages(report)), report.packages, strict=True):
        assert same(row["Package"], package.name)
        assert same(row["License"], package.license)
        own = {finding.match.vulnerability.id for finding in view.findings if finding.package == package}
        assert row["Total"] == str(len(own))
    for line, secret in zip(rows(csv.secrets(report)), view.secrets, strict=True):
        assert same(line["Path"], secret.path)
        assert same(line["Match"], secret.masked)
        assert line["Line"] == str(secret.line)


@pytest.mark.parametrize(
    ("name", "cell"), [("a;=1+1", "a;'=1+1"), ("a; @A1", "a; '@A1"), ("a\t-1", "a\t'-1"), ("a\n+1", "a\n'+1")]
)
def test_no_cell_becomes_a_formula_where_semicolons_part_them(name: str, cell: str) -> None:
    [row] = rows(csv.secrets(reports.report(secrets=(Secret("rule", "high", name, "a", 1, "*"),))))
    assert row["Title"] == cell


@given(reports.reports())
def test_no_cell_is_a_formula(report: Report) -> None:
    for pieces in (csv.vulnerabilities(report), csv.packages(report), csv.secrets(report)):
        for row in rows(pieces):
            assert not [cell for cell in row.values() if cell.startswith(FORMULAS)]


@given(reports.reports())
def test_what_was_not_checked_stands_below_the_vulnerabilities(report: Report) -> None:
    listed = rows(csv.vulnerabilities(report))
    told = listed[len(found(report)) :]
    assert len(told) == len(report.gaps)
    for row, gap in zip(told, report.gaps, strict=True):
        assert (row["Category"], row["Title"], row["Vulnerability"]) == ("not checked", gap.code, "")
        assert same(row["Description"], gap.text)


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "  =1", "\uff1d1"])
def test_a_formula_becomes_text(name: str) -> None:
    [row] = rows(csv.secrets(reports.report(secrets=(Secret("rule", "high", name, "a", 1, "*"),))))
    assert row["Title"] == f"'{name}"


@pytest.mark.parametrize("version", ["1.0-1+b1", "1=2", "a@b", "'quoted'"])
def test_what_is_no_formula_stays_as_it_is(version: str) -> None:
    [row] = rows(csv.secrets(reports.report(secrets=(Secret("rule", "high", version, "a", 1, "*"),))))
    assert row["Title"] == version


def test_lines_end_as_rfc_4180_says() -> None:
    exported = b"".join(csv.vulnerabilities(reports.report()))
    assert exported.count(b"\r\n") == 1 + len(reports.report().findings) + len(reports.report().gaps)
    assert exported.endswith(b"\r\n")


def test_a_vulnerability_has_the_columns_of_its_page() -> None:
    [row] = found(reports.report(findings=(reports.finding(fixed="2.39"),)))
    assert row == {
        "Category": "os",
        "OS/Language": "debian 12",
        "Package": "bsdutils",
        "Vulnerability": "CVE-2024-28085",
        "Severity": "low",
        "Severity source": "debian",
        "Current version": "1:2.38.1-5+b1",
        "Fix version": "2.39",
        "Fix state": "fixed",
        "Score": "3.3",
        "Vector": "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:L/I:N/A:N",
        "Title": "Escape sequences reach other terminals",
        "Description": "",
        "Links": "https://example.org/advisory",
        "Aliases": "GHSA-aaaa-bbbb-cccc",
        "Published": "2026-06-01T12:00:00.000000Z",
        "Path": "var/lib/dpkg/status",
        "Layer": reports.LAYER,
    }
