"""Whatever the versions: each comparator makes an order, and refuses in one way only."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.scan import versions
from berth.scan.versions import VersionInvalid

NUMBER = st.sampled_from(["0", "1", "2", "9", "10", "00", "01", "010", "20260101", "9" * 30])
NUMBERS = st.lists(NUMBER, min_size=1, max_size=4).map(".".join)
WORD = st.sampled_from(
    ["a", "b", "m", "p", "x", "dev", "alpha", "beta", "rc", "snapshot", "sp", "final", "ga", "release", "git", "svn"]
)


def joined(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map("".join)


def maybe(mark: str, part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.just("") | part.map(lambda text: f"{mark}{text}")


def pieces(alphabet: str) -> st.SearchStrategy[str]:
    """Of any characters of the alphabet, more of them than a version ought to have."""
    return st.lists(st.sampled_from(alphabet.split()), min_size=1, max_size=8).map("".join)


APK_SUFFIX = joined(st.sampled_from(["_alpha", "_beta", "_pre", "_rc", "_cvs", "_git", "_p"]), st.just("") | NUMBER)

VERSIONS = {
    "Debian:12": pieces("0 1 2 10 a b A Z . + ~ ~~ - : _"),
    "AlmaLinux:9": pieces("0 1 2 10 a b A ab . + ~ ^ - : _ é"),
    "Alpine:v3.19": joined(
        NUMBERS,
        st.just("") | joined(st.sampled_from("abz"), st.just("") | NUMBER),
        st.lists(APK_SUFFIX, max_size=2).map("".join),
        maybe("~", st.sampled_from(["0af", "1"])),
        maybe("-r", NUMBER),
    ),
    "npm": joined(NUMBERS, st.just("") | pieces(". - + a b rc 0 1 2 10 x-1")),
    "Go": joined(st.sampled_from(["", "v", "go"]), NUMBERS, st.just("") | pieces(". - + 0 1 2 10 rc beta")),
    "NuGet": joined(NUMBERS, st.just("") | pieces(". - + A a rc RC 0 1 2 10")),
    "Pub": joined(NUMBERS, st.just("") | pieces(". - + a b rc 0 1 2 10")),
    "Packagist": pieces("0 1 2 10 . . - _ + v dev a alpha beta b RC rc p pl patch stable foo"),
    "PyPI": pieces("0 1 2 10 . . - _ + ! a b rc c dev post pre final x * @"),
    "Maven": joined(
        NUMBERS, st.lists(joined(st.sampled_from(["-", "-1.", ""]), WORD | NUMBER), max_size=3).map("".join)
    ),
    "RubyGems": joined(NUMBER, pieces("0 1 2 10 a b . . .0 - rc pre")),
    "CRAN": st.lists(NUMBER | st.just("1-2"), min_size=1, max_size=4).map(".".join),
    "Hackage": NUMBERS,
}
CASES = pytest.mark.parametrize("ecosystem", VERSIONS)


def valid(ecosystem: str, data: st.DataObject) -> str:
    def is_one(version: str) -> bool:
        try:
            versions.key(ecosystem, version)
        except VersionInvalid:
            return False
        return True

    return data.draw(VERSIONS[ecosystem].filter(is_one))


@CASES
@given(data=st.data())
def test_a_version_equals_itself(ecosystem: str, data: st.DataObject) -> None:
    version = valid(ecosystem, data)
    assert versions.compare(ecosystem, version, version) == 0


@CASES
@given(data=st.data())
def test_what_is_older_one_way_is_newer_the_other_way(ecosystem: str, data: st.DataObject) -> None:
    a, b = valid(ecosystem, data), valid(ecosystem, data)
    assert versions.compare(ecosystem, a, b) == -versions.compare(ecosystem, b, a)


@CASES
@given(data=st.data())
def test_there_are_no_circles(ecosystem: str, data: st.DataObject) -> None:
    a, b, c = (valid(ecosystem, data) for _ in range(3))
    if versions.compare(ecosystem, a, b) <= 0 and versions.compare(ecosystem, b, c) <= 0:
        together = min(versions.compare(ecosystem, a, b), versions.compare(ecosystem, b, c))
        assert versions.compare(ecosystem, a, c) == together


@CASES
@given(version=st.text(max_size=40) | st.text("019.-_+~^:!*avV \0\n٣²", max_size=40))
def test_any_text_is_a_version_or_is_refused_as_none(ecosystem: str, version: str) -> None:
    with suppress(VersionInvalid):
        assert versions.compare(ecosystem, version, version) == 0
