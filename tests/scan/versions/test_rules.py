"""What each ecosystem is known for, by example."""

from itertools import pairwise

import pytest

from berth.scan import versions
from berth.scan.versions import VersionInvalid

ASCENDING = {
    "Debian:12": "0~~ 0~ 0 2.36-9+deb12u3 2.36-9+deb12u4 2.36-10~bpo12+1 2.36-10 1:0.1-1 1:2.38.1-5 1:2.38.1-5+b1",
    "Ubuntu:22.04:LTS": "1.2.11-4ubuntu1~esm1 1.2.11-4ubuntu1 1.2.11-4ubuntu1.1 1.2.11-4ubuntu2",
    "AlmaLinux:9": "3.0.7-6.el9_2~rc1 3.0.7-6.el9_2 3.0.7-24.el9 3.0.7^git1-1 3.0.8-1.el9 1:1.1.1k-12.el8",
    "openSUSE:Leap 15.5": "1.2.11 1.2.11-150000.3.42.1 1.2.11-150500.1",
    "Alpine:v3.10": "1.1.1_alpha 1.1.1_rc2 1.1.1-r0 1.1.1a-r0 1.1.1c-r0 1.1.1d-r0 1.1.1d-r2 1.1.1d_p1-r0 1.1.2",
    "Wolfi": "6.6.2_p1-r0 6.6.2p1-r0 6.6.2p2-r0 6.6.4p1-r0 6.7.1-r0",
    "npm": "0 0.0.8 0.2.1 1.0.0-0 1.0.0-alpha 1.0.0-alpha.1 1.0.0-rc.2 1.0.0-rc.10 1.0.0 1.2",
    "Go": "1.21beta1 go1.21rc2 1.21.0-rc.3 go1.21 v1.22.0-0.20240101000000-0123456789a v1.22.0 v2.0.0+incompatible",
    "NuGet": "1.0-alpha 1.0.0-BETA 1.0.0-beta.01.1 1.0 1.0.0.1-rc 1.0.0.1",
    "Pub": "1.0.0-pre 1.0.0-pre+1 1.0.0 1.0.0+1 1.0.0+a",
    "Packagist": "dev-main 1.0-dev 1.0alpha1 1.0-beta.2 v1.0.0-RC1 1.0.0 1.0.0-p1 6.3.0.0 6.3.0.1 v6.4",
    "PyPI": "an-old-one 1.0.dev1 1.0a1 1.0rc1 1.0 1.0+local 1.0.post1 1.1 1!0.1",
    "Maven": "2.0-alpha-1 2.0-beta9 2.0-rc1 2.0-SNAPSHOT 2.0.Final 2.0-sp1 2.0-jre 2.0-1 2.0.1 2.12.2 2.14.1 2.15.0",
    "RubyGems": "1.0.a 1.0.a.1 1.0.b 1.0-1 1.0 1.0.0.1 1.1.rc1 1.1 1.10",
    "crates.io": "0.9.9 1.0.0-beta.2 1.0.0-beta.11 1.0.0",
    "Bitnami": "2.4.58 2.4.59 2.10.0",
    "CRAN": "0.1-2 0.1.3 0.1.3.0",
    "Hackage": "1.0 1.0.0 1.0.0.1",
}


@pytest.mark.parametrize("ecosystem", ASCENDING)
def test_each_is_older_than_the_next(ecosystem: str) -> None:
    for older, newer in pairwise(ASCENDING[ecosystem].split()):
        assert versions.compare(ecosystem, older, newer) < 0, (older, newer)


@pytest.mark.parametrize(
    ("ecosystem", "a", "b"),
    [
        ("Debian:12", "0:1.0", "1.0-0"),
        ("Rocky Linux:9", "0:1.0-1", "1.0-1"),
        ("Alpine:v3.19", "02.1-r1", "2.1-r01"),
        ("npm", "v1.2.0+build", "1.2"),
        ("Go", "go1.21rc2", "1.21.0-rc.2"),
        ("Go", "v2.0.0+incompatible", "2.0.0"),
        ("NuGet", "1.0-RC.1", "1.0.0.0-rc.1+sha"),
        ("Packagist", "v1.0.0-RC1", "1.0.0rc1"),
        ("Packagist", "1.0.0-stable", "1.0.0+build.7"),
        ("PyPI", "1.0.0", "v1"),
        ("Maven", "4.1.0.RELEASE", "4.1"),
        ("Maven", "1-ga-1", "1.0.0-1"),
        ("RubyGems", "1.0.a1", "1.a.1.0"),
    ],
)
def test_what_is_written_in_two_ways_is_equal(ecosystem: str, a: str, b: str) -> None:
    assert versions.compare(ecosystem, a, b) == 0


@pytest.mark.parametrize(
    ("ecosystem", "version"),
    [
        ("Debian:12", "1:"),
        ("Debian:12", "x:1"),
        ("Debian:12", "1.0-"),
        ("Debian:12", "2147483648:1"),
        ("Alpine:v3.19", "1.0_blah"),
        ("npm", "latest"),
        ("npm", "1.x"),
        ("Go", "(devel)"),
        ("NuGet", "1.0-"),
        ("Packagist", "@dev"),
        ("RubyGems", "master"),
        ("CRAN", "1.0a"),
        ("Hackage", "1-0"),
    ],
)
def test_what_the_ecosystem_does_not_know_is_no_version(ecosystem: str, version: str) -> None:
    with pytest.raises(VersionInvalid):
        versions.key(ecosystem, version)


def test_versions_are_sorted_by_their_keys() -> None:
    given = ["1.10", "1.2", "1.2~rc1", "1:0"]
    assert sorted(given, key=lambda version: versions.key("Debian:12", version)) == ["1.2~rc1", "1.2", "1.10", "1:0"]


@pytest.mark.parametrize(
    "ecosystem",
    [
        *("Red Hat:enterprise_linux:9::baseos", "AlmaLinux:9", "Rocky Linux:9", "Oracle Linux:9", "Amazon Linux:2023"),
        *("SUSE:Linux Enterprise Server 15 SP5", "openSUSE:Leap 15.5", "Photon OS:5.0", "Azure Linux:3"),
    ],
)
def test_all_that_rpm_installs_is_compared_as_rpm_does(ecosystem: str) -> None:
    assert versions.compare(ecosystem, "1.0~rc1-1", "1.0-1") < 0 < versions.compare(ecosystem, "1:1-1", "2-1")
