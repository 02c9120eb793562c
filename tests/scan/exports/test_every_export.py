"""What all exports promise."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import given

from berth.scan.exports import csv, cyclonedx, sarif, spdx
from berth.scan.exports import json as json_
from berth.scan.exports.pieces import PIECE
from berth.scan.report import Report
from berth.words.policies import Level, ScanPolicy
from tests.scan import reports
from tests.scan.exports import schemas

Export = Callable[[Report], Iterator[bytes]]


def cyclonedx_with_vulnerabilities(report: Report) -> Iterator[bytes]:
    return cyclonedx.document(report, vulnerabilities=True)


RESULTS: dict[str, Export] = {
    "csv": csv.vulnerabilities,
    "json": json_.document,
    "sarif": sarif.document,
    "cyclonedx with vulnerabilities": cyclonedx_with_vulnerabilities,
}
JSONS: dict[str, Export] = {
    "json": json_.document,
    "sarif": sarif.document,
    "cyclonedx": cyclonedx.document,
    "cyclonedx with vulnerabilities": cyclonedx_with_vulnerabilities,
    "spdx": spdx.document,
}
ALL: dict[str, Export] = JSONS | {
    "csv": csv.vulnerabilities,
    "csv of packages": csv.packages,
    "csv of secrets": csv.secrets,
}
SCHEMAS = {
    "sarif": schemas.SARIF,
    "cyclonedx": schemas.CYCLONEDX,
    "cyclonedx with vulnerabilities": schemas.CYCLONEDX,
    "spdx": schemas.SPDX,
}


@given(reports.reports())
def test_what_comes_out_is_what_the_format_s_makers_call_valid(report: Report) -> None:
    for name, schema in SCHEMAS.items():
        schemas.check(schema, ALL[name](report))


@given(reports.reports())
def test_the_same_report_gives_the_same_bytes(report: Report) -> None:
    for export in ALL.values():
        assert b"".join(export(report)) == b"".join(export(replace(report)))


@given(reports.reports())
def test_no_export_holds_what_a_terminal_would_obey(report: Report) -> None:
    for export in ALL.values():
        text = b"".join(export(report)).decode()
        assert not {character for character in text if character < " "} - set("\t\r\n")
        assert not {character for character in text if "\x7f" <= character <= "\x9f"}


@pytest.mark.parametrize("export", ALL.values(), ids=ALL)
def test_a_report_of_nothing_has_an_export(export: Export) -> None:
    nothing = reports.report(os=None, advisories=None, findings=(), packages=(), secrets=(), gaps=())
    assert b"".join(export(nothing))


@pytest.mark.parametrize("export", ALL.values(), ids=ALL)
def test_a_large_report_comes_in_pieces(export: Export) -> None:
    packages = tuple(
        replace(reports.LODASH, version=f"4.17.{number}", path=f"{number}/package.json") for number in range(2000)
    )
    large = reports.report(
        packages=packages,
        findings=tuple(reports.finding(package) for package in packages),
        secrets=tuple(replace(reports.TOKEN, line=number) for number in range(4000)),
    )
    sizes = [len(piece) for piece in export(large)]
    assert len(sizes) > 2
    assert max(sizes) < 2 * PIECE


@pytest.mark.parametrize("export", RESULTS.values(), ids=RESULTS)
def test_what_the_policy_hides_is_in_no_export(export: Export) -> None:
    everything = b"".join(export(reports.report()))
    policy = ScanPolicy(exclusion=True, exclude_level=Level.HIGH)
    exported = b"".join(export(reports.report(policy=policy)))
    for id_ in (b"CVE-2024-28085", b"CVE-2020-8203"):
        assert id_ in everything
        assert id_ not in exported
    assert b"CVE-2021-23337" in exported


@pytest.mark.parametrize("export", [csv.secrets, json_.document, sarif.document], ids=["csv", "json", "sarif"])
def test_secrets_that_the_policy_hides_are_in_no_export(export: Export) -> None:
    assert b"ghp_****" in b"".join(export(reports.report()))
    policy = ScanPolicy(exclusion=True, exclude_secrets=True)
    assert b"ghp_****" not in b"".join(export(reports.report(policy=policy)))


@pytest.mark.parametrize("export", (JSONS | RESULTS).values(), ids=JSONS | RESULTS)
def test_what_was_not_checked_goes_with_every_document(export: Export) -> None:
    assert b"Free support of Debian 12 has ended." in b"".join(export(reports.report()))


@pytest.mark.parametrize("export", [cyclonedx.document, spdx.document, csv.packages], ids=["cyclonedx", "spdx", "csv"])
def test_no_policy_hides_a_package(export: Export) -> None:
    policy = ScanPolicy(exclusion=True, exclude_language_packages=True)
    assert b"lodash" in b"".join(export(reports.report(policy=policy)))


@pytest.mark.parametrize("export", JSONS.values(), ids=JSONS)
def test_half_a_surrogate_pair_becomes_the_sign_for_what_cannot_be_read(export: Export) -> None:
    package = replace(reports.LODASH, name="a\ud800b")
    text = b"".join(export(reports.report(packages=(package,), findings=(reports.finding(package),))))
    assert "a\ufffdb" in json.dumps(json.loads(text), ensure_ascii=False)
