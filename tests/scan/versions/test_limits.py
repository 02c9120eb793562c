"""Versions come from images and advisories: however made, they cost little."""

import tracemalloc
from contextlib import suppress

import pytest

from berth.scan import versions
from berth.scan.versions import MAX_DIGITS, MAX_LENGTH, VersionInvalid

ECOSYSTEMS = [
    *("Debian:12", "AlmaLinux:9", "Alpine:v3.19", "npm", "Go", "NuGet", "Pub", "Packagist", "PyPI", "Maven"),
    *("RubyGems", "CRAN", "Hackage"),
]
WITH_EACH = pytest.mark.parametrize("ecosystem", ECOSYSTEMS)


@WITH_EACH
def test_a_version_longer_than_a_thousand_characters_is_none(ecosystem: str) -> None:
    with pytest.raises(VersionInvalid):
        versions.key(ecosystem, "1." * (MAX_LENGTH // 2) + "1")
    assert versions.compare(ecosystem, "1." * (MAX_LENGTH // 2 - 1) + "1", "0.1") > 0


@WITH_EACH
def test_a_number_of_absurd_length_is_none(ecosystem: str) -> None:
    with pytest.raises(VersionInvalid):
        versions.key(ecosystem, "1" * (MAX_DIGITS + 1))
    assert versions.compare(ecosystem, "1" * MAX_DIGITS, "9" * (MAX_DIGITS - 1)) > 0


@WITH_EACH
@pytest.mark.parametrize(
    "unit", ["1-", "-1", "a1", "1a", "~", "^", "_p1", "_alpha", "1.a.", ".0", "!", "rc", "-0", "+"]
)
def test_the_longest_versions_are_compared_or_refused(ecosystem: str, unit: str) -> None:
    for version in ("1" + unit * ((MAX_LENGTH - 1) // len(unit)), "1" + unit * 300 + "\t"):
        with suppress(VersionInvalid):
            assert versions.compare(ecosystem, version, version) == 0


def test_long_versions_are_not_kept_in_memory() -> None:
    long = [f"{number}" + "-1" * ((MAX_LENGTH - 4) // 2) for number in range(100)]
    tracemalloc.start()
    try:
        for each in long:
            versions.key("RubyGems", each)
        kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < most < 2**20


@WITH_EACH
@pytest.mark.parametrize("version", ["", " ", "1 2", "1\n", "1\x00", "\u0661", "1\u00b2"])
def test_what_no_version_can_hold_is_refused(ecosystem: str, version: str) -> None:
    if ecosystem == "AlmaLinux:9" and version.isprintable() and version.strip():
        pytest.skip("to rpm a character that is not ASCII is a mark like any other")
    with pytest.raises(VersionInvalid):
        versions.key(ecosystem, version)


def test_the_versions_of_an_unknown_ecosystem_are_not_compared() -> None:
    with pytest.raises(VersionInvalid, match="GIT"):
        versions.compare("GIT", "1", "2")


def test_a_refusal_is_short_however_long_the_version() -> None:
    with pytest.raises(VersionInvalid) as refusal:
        versions.key("x" * 9_999, "1" * 9_999)
    assert len(str(refusal.value)) < 300
