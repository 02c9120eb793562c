"""The rules by which what records say becomes findings."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from berth.scan.advisories.opened import Advisories
from berth.scan.matches import Component, Match
from berth.scan.matching import match, match_all
from berth.words.policies import Level
from tests.scan.advisories import osv
from tests.scan.advisories.osv import JSON, affected, record

Build = Callable[..., Advisories]

V3_HIGH = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:H/A:H"}
ALL = ("introduced", "0")


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    with ExitStack() as stack:
        yield lambda *records: stack.enter_context(osv.opened(tmp_path, osv.pairs(*records)))


def npm(version: str, name: str = "a") -> Component:
    return Component("npm", name, version, "language")


def system(ecosystem: str, name: str, version: str) -> Component:
    return Component(ecosystem, name, version, "os")


def one(advisories: Advisories, component: Component) -> Match:
    (found,) = match(advisories, component)
    return found


def ids(advisories: Advisories, component: Component) -> list[str]:
    return [each.vulnerability.id for each in match(advisories, component)]


def test_a_version_that_is_listed_is_affected_though_no_range_has_it(build: Build) -> None:
    advisories = build(record("GHSA-1", affected("npm", "a", ALL, ("fixed", "1.0.0"), versions=["2.0.0"])))
    assert [bool(match(advisories, npm(version))) for version in ("0.5.0", "1.0.0", "2.0.0", "2.0.1")] == [
        True, False, True, False,
    ]  # fmt: skip


def test_long_lists_of_versions_are_found_to_the_letter(build: Build) -> None:
    listed = [f"{number}.0.0" for number in range(2_000)]
    advisories = build(record("GHSA-1", affected("npm", "a", versions=listed)))
    assert [bool(match(advisories, npm(version))) for version in ("0.0.0", "1999.0.0", "2000.0.0", "99.0")] == [
        True, True, False, False,
    ]  # fmt: skip


def test_a_version_that_is_none_has_what_is_listed_for_it_and_no_more(build: Build) -> None:
    advisories = build(
        record("GHSA-1", affected("npm", "a", ALL)), record("GHSA-2", affected("npm", "a", versions=["final!"]))
    )
    found = one(advisories, npm("final!"))
    assert (found.vulnerability.id, found.fixed_version, found.fix_state) == ("GHSA-2", "", "unknown")


def test_ecosystems_are_apart(build: Build) -> None:
    advisories = build(
        record("GHSA-1", affected("npm", "a", ALL)),
        record("DEBIAN-CVE-2020-1000", affected("Debian:11", "a", ALL)),
    )
    assert ids(advisories, npm("1.0.0")) == ["GHSA-1"]
    assert ids(advisories, system("Debian:11", "a", "1.0")) == ["CVE-2020-1000"]
    assert ids(advisories, system("Debian:12", "a", "1.0")) == []
    assert ids(advisories, Component("PyPI", "a", "1.0", "language")) == []


def test_a_withdrawn_record_says_nothing_and_one_of_the_year_1_is_not_withdrawn(build: Build) -> None:
    advisories = build(
        record("GHSA-1", affected("npm", "a", ALL), withdrawn="2024-01-01T00:00:00Z"),
        record("GHSA-2", affected("npm", "a", ALL), withdrawn="0001-01-01T00:00:00Z"),
    )
    assert ids(advisories, npm("1.0.0")) == ["GHSA-2"]


def test_aliases_join_records_through_others_into_one_finding(build: Build) -> None:
    advisories = build(
        record("GHSA-1", affected("npm", "a", ALL), aliases=["CVE-2020-2000"]),
        record("GO-1", affected("npm", "a", ALL), aliases=["OTHER-1"]),
        record("OTHER-1", aliases=["CVE-2020-2000", "CVE-2019-9999"]),
    )
    found = one(advisories, npm("1.0.0"))
    assert found.vulnerability.id == "CVE-2019-9999"
    assert found.vulnerability.aliases == ("CVE-2020-2000", "GHSA-1", "GO-1", "OTHER-1")
    assert found.records == ("GHSA-1", "GO-1")


def test_what_a_withdrawn_record_calls_the_same_is_not_believed(build: Build) -> None:
    advisories = build(
        record("GHSA-1", affected("npm", "a", ALL)),
        record("GHSA-2", affected("npm", "a", ALL)),
        record("GHSA-3", aliases=["GHSA-1", "GHSA-2"], withdrawn="2024-01-01T00:00:00Z"),
    )
    assert ids(advisories, npm("1.0.0")) == ["GHSA-1", "GHSA-2"]


def test_a_feed_cannot_make_everything_one_flaw(build: Build) -> None:
    advisories = build(
        *(record(f"GHSA-{n:03}", affected("npm", "a", ALL)) for n in range(100)),
        record("BAD-1", aliases=[f"GHSA-{n:03}" for n in range(100)]),
    )
    assert len(match(advisories, npm("1.0.0"))) > 30


def test_a_flaw_is_named_by_its_cve_then_by_ghsa(build: Build) -> None:
    advisories = build(
        record("PYSEC-1", affected("npm", "a", ALL), aliases=["GHSA-9", "A-1"]),
        record("GHSA-1", affected("npm", "a", ALL), aliases=["CVE-2024-1000", "A-2"]),
    )
    assert ids(advisories, npm("1.0.0")) == ["CVE-2024-1000", "GHSA-9"]


def test_a_bulletin_of_several_flaws_is_a_finding_for_each(build: Build) -> None:
    bulletin = record(
        "RHSA-2024:1", affected("Red Hat:enterprise_linux:9::baseos", "openssl", ALL, ("fixed", "0:3.0-5.el9")),
        upstream=["CVE-2024-1000", "CVE-2024-1001"], database_specific={"severity": "Important"},
    )  # fmt: skip
    advisories = build(bulletin, record("GHSA-1", affected("npm", "a", ALL), aliases=["CVE-2024-1001"]))
    found = match(advisories, system("Red Hat:enterprise_linux:9", "openssl", "3.0-4.el9"))
    assert [(each.vulnerability.id, each.vulnerability.aliases, each.level) for each in found] == [
        ("CVE-2024-1000", (), Level.HIGH),
        ("CVE-2024-1001", ("GHSA-1",), Level.HIGH),
    ]
    assert {each.fixed_version for each in found} == {"0:3.0-5.el9"}


def test_a_bulletin_and_a_record_of_one_flaw_are_one_finding(build: Build) -> None:
    advisories = build(
        record("DSA-1-1", affected("Debian:12", "a", ALL, ("fixed", "1.2-1")), upstream=["CVE-2024-1000"]),
        record("DEBIAN-CVE-2024-1000", affected("Debian:12", "a", ALL, ("fixed", "1.2-1"))),
        record("USN-1-1", affected("Ubuntu:22.04:LTS", "a", ALL), upstream=["UBUNTU-CVE-2024-1000"]),
    )
    found = one(advisories, system("Debian:12", "a", "1.0-1"))
    assert (found.vulnerability.id, found.records) == ("CVE-2024-1000", ("DEBIAN-CVE-2024-1000", "DSA-1-1"))
    assert ids(advisories, system("Ubuntu:22.04:LTS", "a", "1.0-1")) == ["CVE-2024-1000"]


def test_the_fix_is_the_smallest_version_above_the_one_installed_over_all_records(build: Build) -> None:
    advisories = build(
        record("GHSA-1", affected("npm", "a", ALL, ("fixed", "1.5.0"), ("introduced", "2.0.0"), ("fixed", "2.9.0"))),
        record("PYSEC-1", affected("npm", "a", ALL, ("fixed", "2.10.0")), aliases=["GHSA-1"]),
    )
    assert one(advisories, npm("1.0.0")).fixed_version == "1.5.0"
    assert one(advisories, npm("2.1.0")).fixed_version == "2.9.0"
    assert one(advisories, npm("2.9.5")).fixed_version == "2.10.0"


def test_a_version_that_the_same_record_calls_affected_is_no_fix(build: Build) -> None:
    advisories = build(
        record("GHSA-1", affected("npm", "a", ALL, ("fixed", "1.5.0")),
               affected("npm", "a", ("introduced", "1.0.0"), ("fixed", "1.7.0"))),
    )  # fmt: skip
    assert one(advisories, npm("1.2.0")).fixed_version == "1.7.0"


@pytest.mark.parametrize(
    ("events", "fields", "fix"),
    [
        ([ALL, ("fixed", "2.0.0")], {}, ("2.0.0", "fixed")),
        ([ALL], {}, ("", "unfixed")),
        ([ALL, ("last_affected", "2.0.0")], {}, ("", "unfixed")),
        ([], {"versions": ["1.0.0"]}, ("", "unknown")),
    ],
)
def test_the_state_of_a_fix(build: Build, events: list[tuple[str, str]], fields: JSON, fix: tuple[str, str]) -> None:
    found = one(build(record("GHSA-1", affected("npm", "a", *events, **fields))), npm("1.0.0"))
    assert (found.fixed_version, found.fix_state) == fix


def test_the_level_is_the_highest_of_the_records_that_match(build: Build) -> None:
    advisories = build(
        record("GHSA-1", affected("npm", "a", ALL), database_specific={"severity": "LOW"}),
        record("GHSA-2", affected("npm", "a", ALL), aliases=["GHSA-1"], database_specific={"severity": "MODERATE"}),
        record("GHSA-3", aliases=["GHSA-1"], database_specific={"severity": "CRITICAL"}),
    )
    found = one(advisories, npm("1.0.0"))
    assert (found.level, found.level_source) == (Level.MEDIUM, "ghsa")


def test_a_record_without_a_level_takes_that_of_its_aliases(build: Build) -> None:
    advisories = build(
        record("PYSEC-1", affected("PyPI", "a", ALL), aliases=["CVE-2020-1000"]),
        record("GHSA-1", affected("npm", "b", ALL), aliases=["CVE-2020-1000"], severity=[V3_HIGH],
               database_specific={"severity": "CRITICAL"}),
    )  # fmt: skip
    found = one(advisories, Component("PyPI", "a", "1.0", "language"))
    assert (found.level, found.level_source, found.vulnerability.score) == (Level.CRITICAL, "ghsa", 7.4)
    assert found.records == ("PYSEC-1",)


def test_alpine_takes_a_level_from_what_is_said_to_all_and_not_from_another_distribution(build: Build) -> None:
    alpine = record("ALPINE-CVE-2020-1000", affected("Alpine:v3.19", "a", ALL, ("fixed", "2.0-r0")))
    debian = record(
        "DEBIAN-CVE-2020-1000",
        affected("Debian:12", "a", ALL, ecosystem_specific={"urgency": "unimportant"}),
    )
    general = record("CVE-2020-1000", severity=[V3_HIGH])
    component = system("Alpine:v3.19", "a", "1.0-r0")
    assert one(build(alpine, debian), component).level is Level.UNKNOWN
    found = one(build(alpine, debian, general), component)
    assert (found.level, found.level_source, found.vulnerability.vector) == (Level.HIGH, "cvss-v3", V3_HIGH["score"])


def test_a_bulletin_of_debian_takes_the_level_of_debians_own_record(build: Build) -> None:
    advisories = build(
        record("DSA-1-1", affected("Debian:12", "a", ALL, ("fixed", "1.2-1")), upstream=["CVE-2024-1000"]),
        record(
            "DEBIAN-CVE-2024-1000",
            affected("Debian:12", "a", ALL, ("fixed", "0.1-1"), ecosystem_specific={"urgency": "low"}),
        ),
    )
    found = one(advisories, system("Debian:12", "a", "1.0-1"))
    assert (found.records, found.level, found.level_source) == (("DSA-1-1",), Level.LOW, "debian")


def test_a_level_of_the_vendor_is_shown_with_the_score_of_another(build: Build) -> None:
    advisories = build(
        record(
            "DEBIAN-CVE-2020-1000",
            affected("Debian:12", "a", ALL, ecosystem_specific={"urgency": "unimportant"}),
        ),
        record("CVE-2020-1000", severity=[V3_HIGH]),
    )
    found = one(advisories, system("Debian:12", "a", "1.0"))
    assert (found.level, found.vulnerability.score) == (Level.NEGLIGIBLE, 7.4)


def test_malware_is_told(build: Build) -> None:
    found = one(build(record("MAL-2024-1", affected("npm", "a", ALL))), npm("1.0.0"))
    assert (found.level, found.level_source, found.vulnerability.malware) == (Level.CRITICAL, "malware", True)


def test_red_hat_is_found_in_every_content_set_and_not_in_what_only_some_get(build: Build) -> None:
    advisories = build(
        record("RHSA-1", affected("Red Hat:enterprise_linux:8::appstream", "a", ALL, ("fixed", "2-1.el8"))),
        record("RHSA-2", affected("Red Hat:rhel_aus:8.6::appstream", "a", ALL, ("fixed", "2-1.el8_6"))),
    )
    assert ids(advisories, system("Red Hat:enterprise_linux:8", "a", "1-1.el8")) == ["RHSA-1"]
    assert ids(advisories, system("CentOS:8", "a", "1-1.el8")) == ["RHSA-1"]
    assert ids(advisories, system("CentOS:9", "a", "1-1.el8")) == []


def test_the_epoch_of_an_rpm_counts(build: Build) -> None:
    advisories = build(record("ALSA-1", affected("AlmaLinux:9", "a", ALL, ("fixed", "1:2.0-1.el9"))))
    assert ids(advisories, system("AlmaLinux:9", "a", "3.0-1.el9")) == ["ALSA-1"]
    assert ids(advisories, system("AlmaLinux:9", "a", "1:2.0-1.el9")) == []


def stream(name: str, fix: str, title: str) -> JSON:
    return record(name, affected("Rocky Linux:9", "nodejs", ALL, ("fixed", fix)), summary=title)


@pytest.mark.parametrize(
    ("ecosystem", "version", "expected"),
    [
        ("Rocky Linux:9/nodejs:18", "1:18.1-1.module+el9.4.0+22+ab", ["RLSA-18", "RLSA-any"]),
        ("Rocky Linux:9/nodejs:20", "1:20.1-1.module+el9.4.0+23+cd", ["RLSA-20", "RLSA-any"]),
        ("Rocky Linux:9", "1:16.1-1.el9", ["RLSA-any", "RLSA-none"]),
        # Whoever keeps no label of it may have any.
        ("Rocky Linux:9", "1:18.1-1.module+el9.4.0+22+ab", ["RLSA-18", "RLSA-20", "RLSA-any"]),
    ],
)
def test_a_package_of_a_module_has_the_flaws_of_its_own_stream(
    build: Build, ecosystem: str, version: str, expected: list[str]
) -> None:
    advisories = build(
        stream("RLSA-18", "1:18.9-1.module+el9.4.0+30+ab", "Moderate: nodejs:18 security update"),
        stream("RLSA-20", "1:20.9-1.module+el9.4.0+31+cd", "Important: nodejs:20 security, and bug fix update."),
        stream("RLSA-none", "1:16.9-1.el9", "Important: nodejs security update"),
        record("RLSA-any", affected("Rocky Linux:9", "nodejs", ALL), summary="Low: nodejs"),
    )
    assert ids(advisories, system(ecosystem, "nodejs", version)) == expected


def test_edge_is_matched_with_the_newest_alpine(build: Build) -> None:
    advisories = build(
        record("ALPINE-CVE-2020-1000", affected("Alpine:v3.9", "a", ALL, ("fixed", "9-r0"))),
        record("ALPINE-CVE-2020-1001", affected("Alpine:v3.21", "a", ALL, ("fixed", "9-r0"))),
    )
    assert ids(advisories, system("Alpine:edge", "a", "1-r0")) == ["CVE-2020-1001"]


def ubuntu(pro_fix: str) -> JSON:
    return record(
        "UBUNTU-CVE-2020-1000",
        affected("Ubuntu:18.04:LTS", "a", ALL),
        affected("Ubuntu:Pro:18.04:LTS", "a", ALL, ("fixed", pro_fix)),
    )


@pytest.mark.parametrize(
    ("version", "fix"),
    [
        ("1.0-1ubuntu1", ""),  # its own release knows no fix, and that of Pro cannot be installed
        ("1.0-1ubuntu1+esm1", "1.0-1ubuntu1+esm2"),
        ("1.0-1ubuntu1+esm2", None),
    ],
)
def test_ubuntu_pro_counts_for_what_is_from_there_alone(build: Build, version: str, fix: str | None) -> None:
    found = match(build(ubuntu("1.0-1ubuntu1+esm2")), system("Ubuntu:18.04:LTS", "a", version))
    assert [each.fixed_version for each in found] == ([] if fix is None else [fix])


def test_what_is_told_of_a_flaw_comes_from_the_records_that_are_about_it(build: Build) -> None:
    urls = ["https://example.org/1", "javascript:alert(1)", "http://example.org/2", "https://example.org/1", 7]
    advisories = build(
        record(
            "GHSA-1", affected("npm", "a", ALL), aliases=["CVE-2020-1000"], summary="A \x1b[31mred\x07 title",
            details="First.\r\nSecond.", references=[{"url": url} for url in urls], published="2020-02-03T04:05:06Z",
        ),
        record("ALSA-1", affected("AlmaLinux:9", "b", ALL), related=["CVE-2020-1000"], summary="Important: b update"),
    )  # fmt: skip
    told = one(advisories, npm("1.0.0")).vulnerability
    assert (told.title, told.description) == ("A [31mred title", "First.\nSecond.")
    assert told.links == ("https://example.org/1", "http://example.org/2")
    assert told.published is not None
    assert told.published.year == 2020
    assert one(advisories, system("AlmaLinux:9", "b", "1-1")).vulnerability == told


@pytest.mark.parametrize(
    "fields",
    [{"summary": 5, "details": []}, {"references": "x"}, {"references": [5, {"url": None}]}, {"published": []}],
)
def test_a_record_whose_words_are_broken_is_matched_nevertheless(build: Build, fields: dict[str, Any]) -> None:
    found = one(build(record("GHSA-1", affected("npm", "a", ALL), **fields)), npm("1.0.0"))
    assert (found.vulnerability.title, found.vulnerability.links) == ("", ())


def test_names_and_versions_of_images_find_nothing_that_was_not_said(build: Build) -> None:
    advisories = build(record("GHSA-1", affected("npm", "a", ALL)))
    for strange in ("a' OR 1=1 --", "%", "A", "", "a\x00", "ä"):
        assert match(advisories, npm("1.0.0", strange)) == []
    assert match(advisories, npm("1' OR 1=1 --")) == []


def test_versions_of_packages_that_are_matched_together_have_what_each_has_alone(advisories: Advisories) -> None:
    named = sorted({*list(advisories.packages(["npm"]))[:20], *list(advisories.packages(["Debian:12"]))[:20]})
    versions = ("0", "1.0.0", "2.4.1", "7.88.1-10", "9999")
    wanted = dict(enumerate(Component(*package, version, "os") for version in versions for package in named))
    assert len(wanted) > 100
    found = match_all(advisories, wanted)
    assert found == {number: match(advisories, each) for number, each in wanted.items()}
    assert any(found.values())
