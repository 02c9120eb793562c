"""The table of severities, row by row."""

from typing import Any

import pytest

from berth.scan import severity
from berth.scan.severity import UNRATED, Rating
from berth.words.policies import Level

V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"  # 9.8
V3_MEDIUM = "CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:C/C:N/I:H/A:N"  # 6.5
V3_NONE = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N"
V4_LOW = "CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:P/VC:N/VI:N/VA:N/SC:L/SI:L/SA:L"  # 2.3
V2 = "AV:N/AC:L/Au:N/C:C/I:C/A:C"  # 10.0


def record(name: str = "X-1", **fields: Any) -> dict[str, Any]:  # Any: fields of a record
    return {"id": name, **fields}


def entry(ecosystem: str, **fields: Any) -> dict[str, Any]:  # Any: fields of an entry
    return {"package": {"ecosystem": ecosystem, "name": "a"}, **fields}


def scores(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"type": kind, "score": score} for kind, score in pairs]


@pytest.mark.parametrize(
    ("urgency", "level"),
    [
        ("unimportant", Level.NEGLIGIBLE),
        ("low", Level.LOW),
        ("low*", Level.LOW),
        ("low**", Level.LOW),
        ("medium", Level.MEDIUM),
        ("medium*", Level.MEDIUM),
        ("high", Level.HIGH),
        ("high*", Level.HIGH),
    ],
)
def test_debian_says_it_by_its_urgency(urgency: str, level: Level) -> None:
    affected = entry("Debian:12", ecosystem_specific={"urgency": urgency})
    assert severity.rate(record(severity=scores(("CVSS_V3", V3))), affected) == Rating(level, "debian", 9.8, V3)


@pytest.mark.parametrize("urgency", ["not yet assigned", "end-of-life", None])
def test_without_an_urgency_the_score_counts_for_debian(urgency: str | None) -> None:
    affected = entry("Debian:12", ecosystem_specific={} if urgency is None else {"urgency": urgency})
    assert severity.rate(record(severity=scores(("CVSS_V3", V3))), affected).source == "cvss-v3"
    assert severity.rate(record(), affected) == UNRATED


@pytest.mark.parametrize("level", [Level.NEGLIGIBLE, Level.LOW, Level.MEDIUM, Level.HIGH, Level.CRITICAL])
def test_ubuntu_says_it_by_its_severity_or_priority(level: Level) -> None:
    given = record(severity=scores(("CVSS_V3", V3), ("Ubuntu", str(level))))
    assert severity.rate(given, entry("Ubuntu:22.04:LTS")) == Rating(level, "ubuntu", 9.8, V3)
    affected = entry("Ubuntu:22.04:LTS", ecosystem_specific={"ubuntu_priority": str(level)})
    assert severity.rate(record(), affected) == Rating(level, "ubuntu")


def test_what_ubuntu_has_not_looked_at_has_the_level_of_its_score() -> None:
    given = record(severity=scores(("Ubuntu", "untriaged"), ("CVSS_V3", V3)))
    assert severity.rate(given, entry("Ubuntu:22.04:LTS")) == Rating(Level.CRITICAL, "cvss-v3", 9.8, V3)


@pytest.mark.parametrize(
    ("word", "level"),
    [
        ("Low", Level.LOW),
        ("Moderate", Level.MEDIUM),
        ("medium", Level.MEDIUM),
        ("important", Level.HIGH),
        ("Critical", Level.CRITICAL),
    ],
)
@pytest.mark.parametrize(
    ("ecosystem", "source"),
    [
        ("Red Hat:enterprise_linux:9::baseos", "redhat"),
        ("AlmaLinux:9", "almalinux"),
        ("Rocky Linux:9", "rocky"),
        ("SUSE:Linux Enterprise Server 15 SP5", "suse"),
        ("openSUSE:Leap 15.5", "suse"),
        ("Oracle Linux:9", "oracle"),
        ("Amazon Linux:2023", "amazon"),
    ],
)
def test_vendors_of_rpms_say_it_in_a_word(ecosystem: str, source: str, word: str, level: Level) -> None:
    in_field = entry(ecosystem, database_specific={"severity": word})
    assert severity.rate(record(), in_field) == Rating(level, source)
    in_summary = record(summary=f"{word}: zlib security update")
    assert severity.rate(in_summary, entry(ecosystem)) == Rating(level, source)


def test_a_summary_that_begins_with_another_word_says_nothing() -> None:
    for summary in ("Red Hat Security Advisory: zlib", "Critical zlib update", "", "Security: important"):
        assert severity.rate(record(summary=summary), entry("AlmaLinux:9")) == UNRATED


@pytest.mark.parametrize(
    ("label", "level"),
    [("LOW", Level.LOW), ("MODERATE", Level.MEDIUM), ("HIGH", Level.HIGH), ("CRITICAL", Level.CRITICAL)],
)
def test_github_says_it_by_its_label(label: str, level: Level) -> None:
    given = record("GHSA-aaaa-bbbb-cccc", database_specific={"severity": label})
    assert severity.rate(given, entry("npm")) == Rating(level, "ghsa")


def test_a_label_of_another_source_is_not_looked_at() -> None:
    assert severity.rate(record("BIT-x-1", database_specific={"severity": "HIGH"}), entry("Bitnami")) == UNRATED


def test_a_malicious_package_is_critical() -> None:
    rating = severity.rate(record("MAL-2024-1"), entry("npm"))
    assert (rating.level, rating.malware) == (Level.CRITICAL, True)
    assert not severity.rate(record("GHSA-aaaa-bbbb-cccc"), entry("npm")).malware


@pytest.mark.parametrize(
    ("vector", "score", "level"),
    [
        (V3_NONE, 0, Level.NONE),
        ("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:L", 3.3, Level.LOW),
        ("CVSS:3.0/AV:L/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L", 4.0, Level.MEDIUM),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:L/A:L", 5.0, Level.MEDIUM),
        ("CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:H/I:H/A:H", 7.0, Level.HIGH),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:C/C:H/I:H/A:H", 9.0, Level.CRITICAL),
        (V3, 9.8, Level.CRITICAL),
    ],
)
def test_a_score_of_cvss_3_is_a_level(vector: str, score: float, level: Level) -> None:
    given = record(severity=scores(("CVSS_V3", vector)))
    assert severity.rate(given, entry("PyPI")) == Rating(level, "cvss-v3", score, vector)


def test_cvss_4_counts_where_there_is_no_3() -> None:
    both = record(severity=scores(("CVSS_V4", V4_LOW), ("CVSS_V3", V3)))
    assert severity.rate(both, entry("npm")).source == "cvss-v3"
    alone = record(severity=scores(("CVSS_V2", V2), ("CVSS_V4", V4_LOW)))
    assert severity.rate(alone, entry("npm")) == Rating(Level.LOW, "cvss-v4", 2.3, V4_LOW)


def test_cvss_2_counts_last_and_has_nothing_above_high() -> None:
    assert severity.rate(record(severity=scores(("CVSS_V2", V2))), entry("Go")) == Rating(
        Level.HIGH, "cvss-v2", 10.0, V2
    )


def test_a_vector_of_the_package_goes_before_that_of_the_record() -> None:
    affected = entry("PyPI", severity=scores(("CVSS_V3", V3_MEDIUM)))
    assert severity.rate(record(severity=scores(("CVSS_V3", V3))), affected).score == 6.5


def test_a_record_that_says_nothing_leaves_it_to_those_it_points_to() -> None:
    for ecosystem in ("Alpine:v3.19", "PyPI", "Go", "Debian:12"):
        rating = severity.rate(record(summary="something"), entry(ecosystem))
        assert (rating.level, rating.source, rating.score, rating.vector) == (Level.UNKNOWN, "", None, "")


@pytest.mark.parametrize(
    ("word", "level"),
    [
        ("CRITICAL", Level.CRITICAL),
        ("HIGH", Level.HIGH),
        ("MEDIUM", Level.MEDIUM),
        ("LOW", Level.LOW),
        ("UNKNOWN", Level.UNKNOWN),
        ("", Level.UNKNOWN),
    ],
)
def test_the_words_of_trivy(word: str, level: Level) -> None:
    assert severity.of_trivy(word) == level


def test_trivys_low_is_negligible_only_where_our_advisories_say_so() -> None:
    assert severity.of_trivy("LOW", "debian") is Level.LOW
    assert severity.of_trivy("LOW", "debian", Level.LOW) is Level.LOW
    assert severity.of_trivy("LOW", "debian", Level.NEGLIGIBLE) is Level.NEGLIGIBLE
    assert severity.of_trivy("LOW", "nvd", Level.NEGLIGIBLE) is Level.LOW
    assert severity.of_trivy("HIGH", "debian", Level.NEGLIGIBLE) is Level.HIGH


@pytest.mark.parametrize(
    ("word", "level"),
    [
        ("Critical", Level.CRITICAL),
        ("High", Level.HIGH),
        ("Medium", Level.MEDIUM),
        ("Low", Level.LOW),
        ("Negligible", Level.NEGLIGIBLE),
        ("Unknown", Level.UNKNOWN),
        ("Dreadful", Level.UNKNOWN),
        ("", Level.UNKNOWN),
    ],
)
def test_the_words_of_grype_and_of_harbor(word: str, level: Level) -> None:
    assert severity.of_grype(word) == severity.of_harbor(word) == level
