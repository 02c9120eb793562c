"""What tools that read CycloneDX find in an inventory."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from berth.scan import exclusion
from berth.scan.exports import cyclonedx
from berth.scan.inventory import OperatingSystem, Package
from berth.scan.report import Report, Scanner
from berth.words import digest
from berth.words.policies import Level
from tests.scan import reports
from tests.scan.exports import schemas


def read(report: Report, *, vulnerabilities: bool = False) -> Any:  # Any: JSON
    return schemas.check(schemas.CYCLONEDX, cyclonedx.document(report, vulnerabilities=vulnerabilities))


def component(package: Package, os: OperatingSystem | None = reports.DEBIAN) -> Any:  # Any: JSON
    return read(reports.report(packages=(package,), os=os, findings=()))["components"][-1]


def properties(of: Any) -> dict[str, str]:  # Any: JSON
    return {each["name"].removeprefix("aquasecurity:trivy:"): each["value"] for each in of["properties"]}


@given(reports.reports())
def test_every_reference_leads_to_one_thing(report: Report) -> None:
    bom = read(report, vulnerabilities=True)
    things = [bom["metadata"]["component"]["bom-ref"], *(each["bom-ref"] for each in bom["components"])]
    assert len(set(things)) == len(things)
    for dependency in bom["dependencies"]:
        assert {dependency["ref"], *dependency["dependsOn"]} <= set(things)
    for vulnerability in bom["vulnerabilities"]:
        assert {each["ref"] for each in vulnerability["affects"]} <= set(things)


@given(reports.reports())
def test_every_package_is_there_and_below_the_image(report: Report) -> None:
    bom = read(report)
    below = [ref for dependency in bom["dependencies"] for ref in dependency["dependsOn"]]
    assert sorted(below) == sorted(each["bom-ref"] for each in bom["components"])
    assert len(below) == len(set(report.packages)) + (report.os is not None)


@given(reports.reports())
def test_every_vulnerability_that_is_shown_is_there_once(report: Report) -> None:
    view = exclusion.apply(report.policy, report.findings, ())
    shown = {finding.match.vulnerability.id for finding in view.findings}
    assert len(read(report, vulnerabilities=True)["vulnerabilities"]) == len(shown)
    assert "vulnerabilities" not in read(report)


def test_the_image_is_what_the_document_is_about() -> None:
    about = read(reports.report())["metadata"]["component"]
    of = digest.of(b"an image")
    assert (about["type"], about["name"], about["version"]) == ("container", "main/apps/web", str(of))
    assert about["purl"] == f"pkg:oci/web@sha256%3A{of.hex}"
    assert about["hashes"] == [{"alg": "SHA-256", "content": of.hex}]


def test_versions_are_as_long_as_the_format_takes() -> None:
    long = "9" * 5000
    bom = read(
        reports.report(
            os=OperatingSystem("debian", long),
            scanner=Scanner("berth", long),
            packages=(replace(reports.LODASH, version=long),),
            findings=(),
        )
    )
    versions = [bom["metadata"]["tools"]["components"][0], *bom["components"]]
    assert {len(each["version"]) for each in versions} == {1024}


def test_the_serial_number_is_that_of_the_digest() -> None:
    later = reports.report(scanned_at=reports.NOON.replace(year=2027), gaps=())
    assert read(reports.report())["serialNumber"] == read(later)["serialNumber"]
    assert read(reports.report())["serialNumber"] != read(reports.report(digest=digest.of(b"else")))["serialNumber"]


def test_trivy_finds_the_source_package_that_its_advisories_speak_of() -> None:
    written = component(reports.UTIL_LINUX)
    assert properties(written) == {
        "PkgID": "bsdutils@1:2.38.1-5+b1",
        "PkgType": "debian",
        "FilePath": "var/lib/dpkg/status",
        "LayerDigest": reports.LAYER,
        "SrcName": "util-linux",
        "SrcVersion": "2.38.1",
        "SrcRelease": "5",
    }
    assert written["purl"].endswith("distro=debian-12&upstream=util-linux%402.38.1-5")


def test_the_epoch_of_a_source_package_stands_apart() -> None:
    package = Package("os", "rpm", "vim", "2:8.2.2637-20.el9", module="vim:8")
    told = properties(component(package))
    assert (told["SrcName"], told["SrcEpoch"], told["SrcVersion"], told["SrcRelease"]) == (
        "vim",
        "2",
        "8.2.2637",
        "20.el9",
    )
    assert told["Modularitylabel"] == "vim:8"


@pytest.mark.parametrize(
    ("id_", "family"), [("debian", "debian"), ("rhel", "redhat"), ("almalinux", "alma"), ("ol", "oracle")]
)
def test_the_system_bears_the_name_that_trivy_knows_and_the_one_that_grype_knows(id_: str, family: str) -> None:
    system = read(reports.report(os=OperatingSystem(id_, "9.3")))["components"][0]
    assert (system["type"], system["name"], system["version"]) == ("operating-system", family, "9.3")
    assert properties(system)["syft:distro:id"] == id_


@pytest.mark.parametrize(
    ("type_", "name", "group", "short"),
    [
        ("npm", "@babel/core", "@babel", "core"),
        ("maven", "org.apache:log4j", "org.apache", "log4j"),
        ("composer", "laravel/framework", "laravel", "framework"),
        ("golang", "github.com/a/b", None, "github.com/a/b"),
        ("pypi", "PyYAML", None, "PyYAML"),
    ],
)
def test_a_name_of_two_parts_has_a_group(type_: str, name: str, group: str | None, short: str) -> None:
    written = component(Package("language", type_, name, "1"))
    assert (written.get("group"), written["name"]) == (group, short)


@pytest.mark.parametrize(
    ("stated", "written"),
    [
        ("MIT", [{"expression": "MIT"}]),
        ("mit or apache-2.0", [{"expression": "MIT OR Apache-2.0"}]),
        ("GPLv2+ and BSD", [{"license": {"name": "GPLv2+ and BSD"}}]),
        ("LicenseRef-mine", [{"license": {"name": "LicenseRef-mine"}}]),
        ("", None),
    ],
)
def test_a_licence_is_an_expression_where_it_is_one(stated: str, written: list[object] | None) -> None:
    assert component(replace(reports.LODASH, license=stated)).get("licenses") == written


def test_a_vulnerability_tells_who_rates_it_and_what_mends_it() -> None:
    findings = (
        reports.finding(fixed="2.39"),
        reports.finding(reports.LODASH, level=Level.NEGLIGIBLE, fixed="5"),
    )
    [told] = read(reports.report(findings=findings), vulnerabilities=True)["vulnerabilities"]
    assert told["id"] == "CVE-2024-28085"
    assert told["ratings"] == [
        {"severity": "low", "source": {"name": "debian"}},
        {"severity": "info", "source": {"name": "debian"}},
        {"score": 3.3, "method": "CVSSv31", "vector": "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:L/I:N/A:N"},
    ]
    assert told["recommendation"] == "Upgrade bsdutils to version 2.39; Upgrade lodash to version 5"
    assert told["advisories"] == [{"url": "https://example.org/advisory"}]
    assert len(told["affects"]) == 2


def test_a_package_that_only_a_scanner_knows_is_there_with_its_vulnerability() -> None:
    bom = read(reports.report(packages=(), findings=(reports.finding(),)), vulnerabilities=True)
    assert [each["name"] for each in bom["components"]] == ["debian", "bsdutils"]
