"""The package managers' own tools say the same, where they are installed."""

import re
import shutil
import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from berth.scan import versions
from berth.scan.versions import VersionInvalid

DPKG = shutil.which("dpkg")
RPM = shutil.which("rpm")


def pieces(alphabet: str, least: int = 0) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(alphabet.split()), min_size=least, max_size=9).map("".join)


# dpkg reads `-0:1` as an option, or with the epoch 0.
DEB = (
    pieces("0 00 1 2 9 10 a b z A . + ~ - : _ / 1: 0:", least=1).filter(lambda version: version[0] != "-")
) | st.from_regex(
    r"([0-9]:)?[0-9]{1,2}(\.[0-9]{1,2}){0,2}([+~][a-z]{1,4}[0-9]?)?(-[0-9][a-z~+.0-9]{0,6})?", fullmatch=True
)
RPM_PART = pieces("0 00 1 2 10 a ab B . + _ ~ ^")


def dpkg_says(a: str, b: str) -> int | None:
    """None where it refuses one of them."""
    for relation, answer in (("lt", -1), ("eq", 0), ("gt", 1)):
        done = subprocess.run([DPKG or "", "--compare-versions", a, relation, b], capture_output=True, check=False)
        if done.returncode == 0:
            return answer
        if done.returncode != 1:
            return None
    return None


@pytest.mark.skipif(DPKG is None, reason="dpkg is not installed")
@settings(max_examples=150, deadline=None)
@given(a=DEB, b=DEB)
@example("1.0~", "1.0")
@example("1.0-1~deb12u1", "1.0-1")
@example("a", "a0")
@example("1:1", "2")
@example("1.0-0", "1.0")
@example("1-", "1")
@example("x:1", "1")
def test_dpkg_says_the_same(a: str, b: str) -> None:
    try:
        ours = versions.compare("Debian:12", a, b)
    except VersionInvalid:
        assert dpkg_says(a, b) is None
    else:
        assert ours == dpkg_says(a, b)


def rpm_says(pairs: list[tuple[str, str]]) -> list[int]:
    calls = "\n".join(f'print(rpm.vercmp("{a}", "{b}") .. ";")' for a, b in pairs)
    done = subprocess.run([RPM or "", "--eval", f"%{{lua:{calls}}}"], capture_output=True, check=True, text=True)
    return [int(each) for each in re.findall(r"(-?[0-9]);", done.stdout)]


@pytest.mark.skipif(RPM is None, reason="rpm is not installed")
@settings(max_examples=30, deadline=None)
@given(pairs=st.lists(st.tuples(RPM_PART, RPM_PART), min_size=1, max_size=100))
@example(pairs=[("1.0~rc1", "1.0"), ("1.0^git1", "1.0"), ("1.0^git1", "1.0.1"), ("10a", "10.1"), ("1.", "1")])
def test_rpm_says_the_same_of_a_part(pairs: list[tuple[str, str]]) -> None:
    """A digit in front, since rpm and OSV differ on parts that are empty."""
    pairs = [(f"1{a}", f"1{b}") for a, b in pairs]
    assert [versions.compare("Red Hat", a, b) for a, b in pairs] == rpm_says(pairs)
