"""Which system an image is, for every system that is known, and what its older files add."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.scan.catalog import os_release
from berth.scan.inventory import OperatingSystem
from tests.scan.catalog.os.reading import codes, read

RELEASE = "etc/os-release"

SYSTEMS = {
    "debian": (
        (
            'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n'
            'VERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\nHOME_URL="https://www.debian.org/"\n'
        ),
        OperatingSystem("debian", "12", "Debian GNU/Linux 12 (bookworm)", "bookworm", date(2028, 6, 30)),
    ),
    "debian sid": (
        'PRETTY_NAME="Debian GNU/Linux forky/sid"\nNAME="Debian GNU/Linux"\nVERSION_CODENAME=forky\nID=debian\n',
        OperatingSystem("debian", "", "Debian GNU/Linux forky/sid", "forky"),
    ),
    "debian jessie": (
        'PRETTY_NAME="Debian GNU/Linux 8 (jessie)"\nVERSION_ID="8"\nVERSION="8 (jessie)"\nID=debian\n',
        OperatingSystem("debian", "8", "Debian GNU/Linux 8 (jessie)", "jessie", date(2020, 6, 30)),
    ),
    "ubuntu": (
        (
            'PRETTY_NAME="Ubuntu 22.04.3 LTS"\nNAME="Ubuntu"\nVERSION_ID="22.04"\n'
            'VERSION="22.04.3 LTS (Jammy Jellyfish)"\nVERSION_CODENAME=jammy\nID=ubuntu\nID_LIKE=debian\n'
        ),
        OperatingSystem("ubuntu", "22.04", "Ubuntu 22.04.3 LTS", "jammy", date(2027, 4, 1)),
    ),
    "alpine": (
        'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.19.1\nPRETTY_NAME="Alpine Linux v3.19"\n',
        OperatingSystem("alpine", "3.19.1", "Alpine Linux v3.19", "", date(2025, 11, 1)),
    ),
    "rhel": (
        (
            'NAME="Red Hat Enterprise Linux"\nVERSION="9.3 (Plow)"\nID="rhel"\nID_LIKE="fedora"\nVERSION_ID="9.3"\n'
            'PRETTY_NAME="Red Hat Enterprise Linux 9.3 (Plow)"\n'
        ),
        OperatingSystem("rhel", "9.3", "Red Hat Enterprise Linux 9.3 (Plow)", "plow", date(2032, 5, 31)),
    ),
    "centos": (
        'NAME="CentOS Linux"\nVERSION="8"\nID="centos"\nVERSION_ID="8"\nPRETTY_NAME="CentOS Linux 8"\n',
        OperatingSystem("centos", "8", "CentOS Linux 8", "", date(2021, 12, 31)),
    ),
    "centos stream": (
        'NAME="CentOS Stream"\nVERSION="8"\nID="centos"\nVERSION_ID="8"\nPRETTY_NAME="CentOS Stream 8"\n',
        OperatingSystem("centos", "8", "CentOS Stream 8", "", date(2024, 5, 31)),
    ),
    "almalinux": (
        'NAME="AlmaLinux"\nID="almalinux"\nVERSION_ID="9.3"\nPRETTY_NAME="AlmaLinux 9.3 (Shamrock Pampas Cat)"\n',
        OperatingSystem("almalinux", "9.3", "AlmaLinux 9.3 (Shamrock Pampas Cat)", "", date(2032, 5, 31)),
    ),
    "rocky": (
        'NAME="Rocky Linux"\nID="rocky"\nVERSION_ID="8.9"\nPRETTY_NAME="Rocky Linux 8.9 (Green Obsidian)"\n',
        OperatingSystem("rocky", "8.9", "Rocky Linux 8.9 (Green Obsidian)", "", date(2029, 5, 31)),
    ),
    "oracle": (
        'NAME="Oracle Linux Server"\nID="ol"\nVERSION_ID="8.9"\nPRETTY_NAME="Oracle Linux Server 8.9"\n',
        OperatingSystem("ol", "8.9", "Oracle Linux Server 8.9", "", date(2029, 7, 31)),
    ),
    "sles": (
        'NAME="SLES"\nVERSION_ID="15.5"\nPRETTY_NAME="SUSE Linux Enterprise Server 15 SP5"\nID="sles"\n',
        OperatingSystem("sles", "15.5", "SUSE Linux Enterprise Server 15 SP5", "", date(2024, 12, 31)),
    ),
    "opensuse leap": (
        'NAME="openSUSE Leap"\nID="opensuse-leap"\nVERSION_ID="15.5"\nPRETTY_NAME="openSUSE Leap 15.5"\n',
        OperatingSystem("opensuse-leap", "15.5", "openSUSE Leap 15.5", "", date(2024, 12, 31)),
    ),
    "tumbleweed": (
        'ID="opensuse-tumbleweed"\nVERSION_ID="20260101"\nPRETTY_NAME="openSUSE Tumbleweed"\n',
        OperatingSystem("opensuse-tumbleweed", "20260101", "openSUSE Tumbleweed"),
    ),
    "amazon": (
        'NAME="Amazon Linux"\nVERSION="2023"\nID="amzn"\nVERSION_ID="2023"\nPRETTY_NAME="Amazon Linux 2023"\n',
        OperatingSystem("amzn", "2023", "Amazon Linux 2023", "", date(2029, 6, 30)),
    ),
    "amazon 1": (
        'ID="amzn"\nVERSION_ID="2018.03"\nPRETTY_NAME="Amazon Linux AMI 2018.03"\n',
        OperatingSystem("amzn", "2018.03", "Amazon Linux AMI 2018.03", "", date(2023, 12, 31)),
    ),
    "photon": (
        'NAME="VMware Photon OS"\nVERSION="4.0"\nID=photon\nVERSION_ID=4.0\nPRETTY_NAME="VMware Photon OS/Linux"\n',
        OperatingSystem("photon", "4.0", "VMware Photon OS/Linux", "", date(2026, 3, 31)),
    ),
    "wolfi": (
        'ID=wolfi\nNAME="Wolfi"\nPRETTY_NAME="Wolfi"\nVERSION_ID="20230201"\n',
        OperatingSystem("wolfi", "20230201", "Wolfi"),
    ),
    "chainguard": (
        'ID=chainguard\nNAME="Chainguard"\nPRETTY_NAME="Chainguard"\nVERSION_ID="20230214"\n',
        OperatingSystem("chainguard", "20230214", "Chainguard"),
    ),
}


@pytest.mark.parametrize("name", list(SYSTEMS))
@pytest.mark.parametrize("path", ["etc/os-release", "usr/lib/os-release"])
def test_every_system_that_is_known(name: str, path: str) -> None:
    text, system = SYSTEMS[name]
    contents = read(path, text.encode())
    assert (contents.os, contents.gaps) == (system, ())
    assert os_release.settled({path: system}) == system
    assert os_release.gap(system) is None


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('PRETTY_NAME="A \\"b\\" \\$c \\\\ \\`d\\`"', 'A "b" $c \\ `d`'),
        ("PRETTY_NAME='A \\\"b $c'", 'A \\"b $c'),
        ("PRETTY_NAME=plain", "plain"),
        ("  PRETTY_NAME='spaces around'  ", "spaces around"),
        ('PRETTY_NAME=""', ""),
        ("PRETTY_NAME=", ""),
        ("# PRETTY_NAME=comment", ""),
        ("PRETTY_NAME = 'no shell reads this'", ""),
        ("PRETTY_NAME='\x1b[2Jclean\x00'", "[2Jclean"),
        ("PRETTY_NAME=first\nPRETTY_NAME=last", "last"),
    ],
)
def test_quotes_are_read_as_a_shell_reads_them(line: str, name: str) -> None:
    system = read(RELEASE, f"ID=debian\r\n{line}\n".encode()).os
    assert system is not None
    assert system.name == name


@pytest.mark.parametrize(
    ("path", "text", "system"),
    [
        ("etc/alpine-release", "3.10.2\n", OperatingSystem("alpine", "3.10.2", eol_on=date(2021, 5, 1))),
        ("etc/debian_version", "9.13\n", OperatingSystem("debian", "9", eol_on=date(2022, 7, 1))),
        ("etc/debian_version", "trixie/sid\n", OperatingSystem("debian", "")),
        (
            "etc/centos-release",
            "CentOS release 6.10 (Final)\n",
            OperatingSystem("centos", "6.10", "CentOS release 6.10 (Final)", eol_on=date(2020, 11, 30)),
        ),
        (
            "etc/redhat-release",
            "Red Hat Enterprise Linux Server release 6.10 (Santiago)\n",
            OperatingSystem(
                "rhel", "6.10", "Red Hat Enterprise Linux Server release 6.10 (Santiago)", eol_on=date(2020, 11, 30)
            ),
        ),
        (
            "etc/oracle-release",
            "Oracle Linux Server release 6.10\n",
            OperatingSystem("ol", "6.10", "Oracle Linux Server release 6.10", eol_on=date(2021, 3, 31)),
        ),
        (
            "etc/system-release",
            "Amazon Linux AMI release 2017.09\n",
            OperatingSystem("amzn", "2017.09", "Amazon Linux AMI release 2017.09", eol_on=date(2023, 12, 31)),
        ),
    ],
)
def test_files_of_systems_older_than_os_release(path: str, text: str, system: OperatingSystem) -> None:
    contents = read(path, text.encode())
    assert (contents.os, contents.gaps) == (system, ())


def test_older_files_only_add_what_os_release_lacks() -> None:
    release, older = OperatingSystem("alpine", "", "Alpine Linux v3.19"), OperatingSystem("alpine", "3.19.1")
    settled = os_release.settled({"etc/alpine-release": older, RELEASE: release})
    assert settled == OperatingSystem("alpine", "3.19.1", "Alpine Linux v3.19", eol_on=date(2025, 11, 1))
    newer = OperatingSystem("alpine", "3.20.0")
    assert os_release.settled({"etc/alpine-release": older, RELEASE: newer}) == OperatingSystem(
        "alpine", "3.20.0", eol_on=date(2026, 4, 1)
    )


def test_an_older_file_of_another_system_says_nothing() -> None:
    """Ubuntu has Debian's, and Oracle Linux that of Red Hat."""
    ubuntu, debian = OperatingSystem("ubuntu", "26.10"), OperatingSystem("debian", "12", codename="bookworm")
    assert os_release.settled({"etc/debian_version": debian, RELEASE: ubuntu}) == ubuntu
    oracle, redhat = OperatingSystem("ol", "6.10"), OperatingSystem("rhel", "6.10")
    settled = os_release.settled({"etc/redhat-release": redhat, "etc/oracle-release": oracle})
    assert settled is not None
    assert settled.id == "ol"


def test_the_file_in_etc_comes_before_the_one_it_usually_points_to() -> None:
    etc, lib = OperatingSystem("wolfi", "1"), OperatingSystem("alpine", "3.19.1")
    assert os_release.settled({"usr/lib/os-release": lib, RELEASE: etc}) == etc


def test_an_image_that_names_no_system_or_an_unknown_one_is_told_so() -> None:
    assert os_release.settled({}) is None
    for system in (None, OperatingSystem("plan9", "4")):
        gap = os_release.gap(system)
        assert gap is not None
        assert gap.code == "os-unknown"


@pytest.mark.parametrize("name", ["debian", "wolfi", "photon", "sle-micro", "sles_sap"])
def test_every_known_system_has_packages_or_it_is_told(name: str) -> None:
    system = OperatingSystem(name, "4")
    assert os_release.gap(system) is None
    assert os_release.gap_without(system, {os_release.KNOWN[name], "npm"}) is None
    gap = os_release.gap_without(system, {"npm"})
    assert gap is not None
    assert gap.code == "os-no-packages"
    assert all(os_release.gap_without(other, ()) is None for other in (None, OperatingSystem("plan9", "4")))


@pytest.mark.parametrize("path", [RELEASE, "etc/redhat-release", "etc/alpine-release"])
def test_a_file_that_names_no_system_is_damaged_unless_it_is_empty(path: str) -> None:
    assert codes(read(path, b"")) == []
    contents = read(path, b"NAME=x\nnothing here\n")
    assert (contents.os, codes(contents)) == (None, ["damaged"])


@given(st.binary(max_size=1000), st.sampled_from([RELEASE, "etc/debian_version", "etc/system-release"]))
def test_random_bytes_never_raise(body: bytes, path: str) -> None:
    read(path, body)
