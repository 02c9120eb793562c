"""Real records and real lists of packages, with the answers that others give to them."""

from collections import Counter
from typing import Any

import pytest

from berth.scan import components
from berth.scan.advisories.opened import Advisories
from berth.scan.inventory import OperatingSystem, Package
from berth.scan.matches import Component, Match
from berth.scan.matching import match
from berth.words.policies import Level
from tests.scan.advisories import osv

DEBIAN = OperatingSystem("debian", "12")
ALPINE = OperatingSystem("alpine", "3.10.2")
RECORDED = osv.golden("osv-api-2026-08")


def language(ecosystem: str, name: str, version: str) -> Component:
    return Component(ecosystem, name, version, "language")


def debian(name: str, version: str) -> Component:
    return Component("Debian:12", name, version, "os")


def found(advisories: Advisories, component: Component) -> dict[str, Match]:
    return {each.vulnerability.id: each for each in match(advisories, component)}


def in_image(advisories: Advisories, os: OperatingSystem, packages: list[Package]) -> list[tuple[Package, Match]]:
    """As a report has them: a finding for each package that people see."""
    keyed = [(package, components.of(package, os)) for package in packages]
    return [(package, each) for package, key in keyed if key is not None for each in match(advisories, key)]


def minbase() -> list[Package]:
    return [
        Package(
            "os", "deb", each["name"], each["version"],
            source_name=each["source"], source_version=each["source_version"],
        )
        for each in osv.packages("debian-12-minbase")
    ]  # fmt: skip


def alpine() -> list[Package]:
    return [
        Package("os", "apk", each["Name"], each["Version"], each["SrcName"], each["SrcVersion"])
        for each in osv.packages("alpine-310")
    ]


def test_debian_minbase_has_its_23_findings(advisories: Advisories) -> None:
    findings = in_image(advisories, DEBIAN, minbase())
    shown = {
        (package.name, package.version, each.vulnerability.id, each.records, each.level.value, each.fixed_version)
        for package, each in findings
    }
    expected = {
        (each["package"], each["installed"], each["id"], (each["advisory"],), each["severity"].lower(), "")
        for each in osv.golden("debian-12-minbase")
    }
    assert shown == expected
    assert len(findings) == 23
    assert len({each.vulnerability.id for _, each in findings}) == 10
    assert Counter(each.level for _, each in findings) == {
        Level.CRITICAL: 1, Level.NEGLIGIBLE: 18, Level.LOW: 1, Level.UNKNOWN: 3,
    }  # fmt: skip
    assert {each.fix_state for _, each in findings} == {"unfixed"}


def test_the_critical_one_of_minbase_has_its_level_from_its_own_vector(advisories: Advisories) -> None:
    zlib = found(advisories, debian("zlib", "1:1.2.13.dfsg-1"))["CVE-2023-45853"]
    assert (zlib.level, zlib.level_source, zlib.vulnerability.score) == (Level.CRITICAL, "cvss-v3", 9.8)
    assert zlib.vulnerability.vector.startswith("CVSS:3.1/")


def test_a_flaw_that_an_update_mended_is_gone_and_a_later_one_is_not(advisories: Advisories) -> None:
    glibc = found(advisories, debian("glibc", "2.36-9+deb12u3"))
    assert "CVE-2023-4911" not in glibc
    assert glibc["CVE-2023-6246"].fix_state == "fixed"


def test_the_first_version_that_is_mended_is_not_affected(advisories: Advisories) -> None:
    ncurses = found(advisories, debian("ncurses", "6.4-4"))
    assert "CVE-2023-29491" not in ncurses
    other = ncurses["CVE-2023-50495"]
    assert (other.level, other.level_source, other.fix_state) == (Level.UNKNOWN, "", "unfixed")


def test_the_epoch_of_a_binary_package_does_not_hide_a_flaw_of_its_source(advisories: Advisories) -> None:
    bsdutils = Package("os", "deb", "bsdutils", "1:2.38.1-5", source_name="util-linux", source_version="2.38.1-5")
    assert "CVE-2024-28085" in {each.vulnerability.id for _, each in in_image(advisories, DEBIAN, [bsdutils])}


def test_alpine_has_its_findings_for_every_binary_of_a_source(advisories: Advisories) -> None:
    findings = in_image(advisories, ALPINE, alpine())
    openssl = {
        (package.name, each.vulnerability.id, each.records, each.fixed_version, each.level.value)
        for package, each in findings
        if package.source_name == "openssl"
    }
    assert openssl == {
        (
            each["package"], each["advisory"].removeprefix("ALPINE-"), (each["advisory"],),
            each["fixed"], each["severity"].lower(),
        )
        for each in osv.golden("alpine-3.10.2")
    }  # fmt: skip
    assert "CVE-2019-14697" not in {each.vulnerability.id for _, each in findings}


def test_musl_before_its_fix_is_affected(advisories: Advisories) -> None:
    assert "CVE-2019-14697" in found(advisories, Component("Alpine:v3.10", "musl", "1.1.22-r2", "os"))


@pytest.mark.parametrize("query", RECORDED["queries"], ids=lambda each: f"{each['name']}-{each['version']}")
def test_the_records_are_those_that_osv_answers_with(advisories: Advisories, query: dict[str, Any]) -> None:
    component = language(query["ecosystem"], query["name"], query["version"])
    records = {name for each in match(advisories, component) for name in each.records}
    assert records - set(RECORDED["ignore"]) == set(query["expected"]) - set(RECORDED["ignore"])


def test_there_are_30_recorded_queries() -> None:
    assert len(RECORDED["queries"]) == 30


def test_minimist_is_mended_on_its_own_branch(advisories: Advisories) -> None:
    minimist = {each.records[0]: each for each in match(advisories, language("npm", "minimist", "0.0.8"))}
    assert {name: (each.level, each.fixed_version) for name, each in minimist.items()} == {
        "GHSA-vh95-rmgr-6w4m": (Level.MEDIUM, "0.2.1"),
        "GHSA-xvch-5gv4-984h": (Level.CRITICAL, "0.2.4"),
    }


def test_lodash_is_not_affected_by_what_it_mended_before(advisories: Advisories) -> None:
    lodash = {each.records: each.level for each in match(advisories, language("npm", "lodash", "4.17.15"))}
    assert lodash == {("GHSA-p6mc-m468-83gw",): Level.HIGH, ("GHSA-35jh-r3h4-6jhm",): Level.HIGH}


def test_what_is_affected_up_to_a_last_version_has_no_fix(advisories: Advisories) -> None:
    (request,) = match(advisories, language("npm", "request", "2.88.2"))
    assert request.records == ("GHSA-p8p7-x288-28g6",)
    assert (request.level, request.fixed_version, request.fix_state) == (Level.MEDIUM, "", "unfixed")


def test_two_records_of_one_flaw_of_flask_are_one_match(advisories: Advisories) -> None:
    flask = found(advisories, language("PyPI", "flask", "0.12.2"))
    assert {name for each in flask.values() for name in each.records} == {
        "PYSEC-2018-66", "PYSEC-2019-179", "PYSEC-2023-62", "GHSA-m2qf-hxjv-5gpq",
    }  # fmt: skip
    assert len(flask) == 3
    cookie = flask["CVE-2023-30861"]
    assert cookie.records == ("GHSA-m2qf-hxjv-5gpq", "PYSEC-2023-62")
    assert cookie.vulnerability.aliases == ("GHSA-m2qf-hxjv-5gpq", "PYSEC-2023-62")
    assert (cookie.level, cookie.fixed_version, cookie.fix_state) == (Level.HIGH, "2.2.5", "fixed")


def test_two_records_of_one_flaw_of_requests_are_one_match(advisories: Advisories) -> None:
    (requests,) = match(advisories, language("PyPI", "requests", "2.20.0"))
    assert requests.vulnerability.id == "CVE-2023-32681"
    assert requests.records == ("GHSA-j8r2-6x86-q33q", "PYSEC-2023-74")
    assert (requests.level, requests.fixed_version) == (Level.MEDIUM, "2.31.0")


@pytest.mark.parametrize("spelling", ["pyyaml", "PyYAML"])
def test_a_python_package_is_found_however_it_is_spelled(advisories: Advisories, spelling: str) -> None:
    component = components.of(Package("language", "pypi", spelling, "5.3.1"), None)
    assert component is not None
    assert found(advisories, component)["CVE-2020-14343"].level is Level.CRITICAL


@pytest.mark.parametrize(("version", "fixes"), [("2.14.1", ["2.15.0"]), ("2.12.2", []), ("2.15.0", [])])
def test_log4j(advisories: Advisories, version: str, fixes: list[str]) -> None:
    matches = match(advisories, language("Maven", "org.apache.logging.log4j:log4j-core", version))
    assert [each.fixed_version for each in matches] == fixes


@pytest.mark.parametrize("version", ["3.2.0", "3.2.21", "4.0.0", "4.1.10", "4.2.1"])
def test_a_record_that_was_withdrawn_never_matches(advisories: Advisories, version: str) -> None:
    assert match(advisories, language("RubyGems", "activesupport", version)) == []


def test_no_record_that_was_withdrawn_tells_of_anything(advisories: Advisories) -> None:
    withdrawn = {"PYSEC-2022-43055", "PYSEC-2021-13", "UBUNTU-CVE-2014-2901", "GHSA-35c4-f3rq-f9g3"}
    assert withdrawn <= set(advisories.ids())
    told = {each.record for flaw in advisories.ids() for each in advisories.tellings(flaw)}
    assert not told & withdrawn
