"""Where sources disagree, on real records (data/README.md)."""

import json
from pathlib import Path
from typing import Any

import pytest

from berth.scan import severity
from berth.scan.severity import RANK, UNRATED, Rating
from berth.words.policies import Level

DATA = Path(__file__).parent / "data"


def record(name: str) -> dict[str, Any]:  # Any: an OSV record
    document: dict[str, Any] = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    return document


def rated(name: str) -> Rating:
    document = record(name)
    return severity.rate(document, document["affected"][0])


@pytest.mark.parametrize(
    ("name", "level", "source", "score"),
    [
        # Its label is moderate, by CVSS 3 it has 5.0 and by CVSS 4 2.3.
        ("GHSA-qw6h-vgh9-j6wx", Level.MEDIUM, "ghsa", 5.0),
        # Debian and Ubuntu call it low, its score is 6.5.
        ("DEBIAN-CVE-2016-2781", Level.LOW, "debian", 6.5),
        ("UBUNTU-CVE-2016-2781", Level.LOW, "ubuntu", 6.5),
        # Debian has not said, its score is 9.8.
        ("DEBIAN-CVE-2023-45853", Level.CRITICAL, "cvss-v3", 9.8),
        ("DEBIAN-CVE-2011-3389", Level.NEGLIGIBLE, "debian", None),
        ("UBUNTU-CVE-2014-9913", Level.NEGLIGIBLE, "ubuntu", 4.0),
        ("UBUNTU-CVE-2023-4911", Level.HIGH, "ubuntu", 7.8),
        ("UBUNTU-CVE-2020-36325", Level.HIGH, "cvss-v3", 7.5),
        ("ALSA-2022_8637", Level.HIGH, "almalinux", None),
        ("RLSA-2024_3671", Level.MEDIUM, "rocky", None),
        ("RLSA-2021_3891", Level.HIGH, "rocky", 6.8),
        ("RHSA-2024_4546", Level.HIGH, "cvss-v3", 7.5),
        ("GHSA-xvch-5gv4-984h", Level.CRITICAL, "ghsa", 9.8),
        ("ALPINE-CVE-2019-1547", Level.UNKNOWN, "", None),
    ],
)
def test_the_first_source_that_says_something_counts(name: str, level: Level, source: str, score: float | None) -> None:
    rating = rated(name)
    assert (rating.level, rating.source, rating.score) == (level, source, score)


def test_a_record_without_a_level_has_that_of_its_alias() -> None:
    own, other = rated("PYSEC-2023-62"), rated("GHSA-m2qf-hxjv-5gpq")
    assert own == UNRATED
    assert severity.stronger([own], [other]) == other
    assert other.level is Level.HIGH


def test_the_record_of_the_ecosystem_that_matched_wins() -> None:
    own, other = rated("DEBIAN-CVE-2016-2781"), Rating(Level.CRITICAL, "ghsa", 9.8, "v")
    assert severity.stronger([own], [other]) == own


def test_between_equals_the_higher_level_wins() -> None:
    low, high = Rating(Level.LOW, "ghsa"), Rating(Level.HIGH, "ghsa")
    assert severity.stronger([low, high], []) == severity.stronger([high, low], []) == high
    assert severity.stronger([UNRATED], [low, high]) == high


def test_a_level_without_a_score_is_shown_with_that_of_another() -> None:
    own, other = rated("ALSA-2022_8637"), Rating(Level.CRITICAL, "ghsa", 9.8, "v")
    assert severity.stronger([own], [other, UNRATED]) == Rating(Level.HIGH, "almalinux", 9.8, "v")


def test_a_level_of_none_is_a_level() -> None:
    none = Rating(Level.NONE, "cvss-v3", 0.0, "v")
    assert severity.stronger([none], [Rating(Level.HIGH, "ghsa")]) == none


def test_nobody_says_anything() -> None:
    assert severity.stronger([], []) == severity.stronger([UNRATED], [UNRATED]) == severity.highest([]) == UNRATED


def test_malware_stays_malware_beside_another_that_is_critical() -> None:
    malware, other = severity.rate({"id": "MAL-1"}, {}), Rating(Level.CRITICAL, "ghsa", 9.8, "v")
    assert severity.highest([other, malware]) == Rating(Level.CRITICAL, "malware", 9.8, "v")


def test_a_record_as_a_whole_has_the_highest_level_of_its_packages() -> None:
    document = record("DEBIAN-CVE-2016-2781")
    assert severity.rate(document, {}) == rated("DEBIAN-CVE-2016-2781")
    document["affected"].append({"package": {"ecosystem": "Debian:11"}, "ecosystem_specific": {"urgency": "high"}})
    assert severity.rate(document, {}).level is Level.HIGH


def test_the_order_of_levels() -> None:
    assert sorted(Level, key=RANK.__getitem__) == [
        *(Level.NONE, Level.UNKNOWN, Level.NEGLIGIBLE, Level.LOW, Level.MEDIUM, Level.HIGH, Level.CRITICAL)
    ]
