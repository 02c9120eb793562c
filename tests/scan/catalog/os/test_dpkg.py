"""Packages of Debian: those that are there, with the sources that advisories speak of."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.scan.inventory import Package
from tests.scan.catalog.os.reading import codes, is_wanted, read

STATUS = "var/lib/dpkg/status"
BASH = """\
Package: bash
Essential: yes
Status: install ok installed
Priority: required
Architecture: amd64
Multi-Arch: foreign
Source: bash (5.2.15-2)
Version: 5.2.15-2+b13
Depends: base-files (>= 2.1.12), debianutils (>= 5.6-0.1)
Conffiles:
 /etc/bash.bashrc 89269e1298235f1b12b4c16e4065ad0d
 /etc/skel/.bashrc ee35a240758f374832e809ae0ea4883a
Description: GNU Bourne Again SHell
 Bash is an sh-compatible command language interpreter.
 .
 Package: not-one
"""
DISTROLESS = """\
Package: libssl3
Source: openssl
Version: 3.0.15-1~deb12u1
Architecture: arm64
Maintainer: Debian OpenSSL Team <pkg-openssl-devel@alioth-lists.debian.net>
Description: Secure Sockets Layer toolkit - shared libraries
 This package is part of the OpenSSL project's implementation of the SSL"""


def entry(name: str, version: str, **fields: str) -> str:
    more = "".join(f"{field.title()}: {value}\n" for field, value in fields.items())
    return f"Package: {name}\nVersion: {version}\nArchitecture: amd64\n{more}\n"


def test_a_package_as_debian_writes_it() -> None:
    contents = read(STATUS, (BASH + "\n").encode())
    assert contents.gaps == ()
    assert contents.packages == (
        Package(
            kind="os",
            type="deb",
            name="bash",
            version="5.2.15-2+b13",
            source_name="bash",
            source_version="5.2.15-2",
            arch="amd64",
            path=STATUS,
        ),
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", ("bsdutils", "1:2.38.1-5")),
        ("util-linux (2.38.1-5)", ("util-linux", "2.38.1-5")),
        ("util-linux", ("util-linux", "1:2.38.1-5")),
        ("util-linux  (1:2.38)", ("util-linux", "1:2.38")),
        ("what is (this) now", ("bsdutils", "1:2.38.1-5")),
    ],
)
def test_the_source_of_a_package(source: str, expected: tuple[str, str]) -> None:
    """Its epoch is not that of the binary package: bsdutils has one, and util-linux has none."""
    fields = {"source": source} if source else {}
    (package,) = read(STATUS, entry("bsdutils", "1:2.38.1-5", **fields).encode()).packages
    assert (package.source_name, package.source_version) == expected


@pytest.mark.parametrize(
    ("status", "there"),
    [
        ("install ok installed", True),
        ("hold ok installed", True),
        ("deinstall ok installed", True),
        ("install reinstreq half-configured", True),
        ("install ok triggers-pending", True),
        ("install ok unpacked", True),
        ("deinstall ok config-files", False),
        ("purge ok not-installed", False),
    ],
)
def test_a_package_counts_while_its_files_are_there(status: str, *, there: bool) -> None:
    contents = read(STATUS, entry("nginx", "1.22.1-9", status=status).encode())
    assert (len(contents.packages), contents.gaps) == (int(there), ())


def test_distroless_images_have_a_file_for_each_package() -> None:
    path = "var/lib/dpkg/status.d/libssl3"
    (package,) = read(path, DISTROLESS.encode()).packages
    assert (package.name, package.source_name, package.source_version) == ("libssl3", "openssl", "3.0.15-1~deb12u1")
    assert package.path == path


@pytest.mark.parametrize("suffix", [".preinst", ".postinst", ".prerm", ".list", ".conffiles"])
def test_scripts_of_distroless_images_are_no_packages(suffix: str) -> None:
    assert not is_wanted(f"var/lib/dpkg/status.d/libssl3{suffix}")
    assert is_wanted("var/lib/dpkg/status.d/libssl1.1")


def test_a_package_that_lacks_its_version_is_told_and_the_others_stay() -> None:
    text = entry("a", "1") + "Package: b\nStatus: install ok installed\n\n" + entry("c", "2")
    contents = read(STATUS, text.encode())
    assert [each.name for each in contents.packages] == ["a", "c"]
    assert codes(contents) == ["damaged"]
    assert contents.gaps[0].text == f"{STATUS} is damaged: 1 of its entries lack a name or a version."


def test_an_empty_database_is_no_damage() -> None:
    assert read(STATUS, b"").gaps == ()


def test_lists_of_files_tell_what_languages_packages_the_system_owns() -> None:
    listed = """\
/.
/usr/lib/python3/dist-packages/requests-2.28.1.egg-info
/usr/lib/python3/dist-packages/requests-2.28.1.egg-info/PKG-INFO
/usr/lib/python3/dist-packages/requests/api.py
/usr/lib/python3/dist-packages/attrs-22.2.0.dist-info/METADATA
/usr/share/nodejs/semver/package.json
/usr/share/rubygems-integration/all/specifications/rake-13.0.6.gemspec
/usr/share/java/log4j-core-2.19.0.jar
/usr/share/php/Composer/vendor/composer/installed.json
/usr/share/dotnet/sdk/dotnet.deps.json
/opt/vendor/lib/site-packages/attrs-22.2.0.dist-info/METADATA
/usr/share/doc/METADATA
"""
    assert read("var/lib/dpkg/info/many:amd64.list", listed.encode()).owns == (
        "usr/lib/python3/dist-packages/requests-2.28.1.egg-info",
        "usr/lib/python3/dist-packages/requests-2.28.1.egg-info/PKG-INFO",
        "usr/lib/python3/dist-packages/attrs-22.2.0.dist-info/METADATA",
        "usr/share/nodejs/semver/package.json",
        "usr/share/rubygems-integration/all/specifications/rake-13.0.6.gemspec",
        "usr/share/java/log4j-core-2.19.0.jar",
        "usr/share/php/Composer/vendor/composer/installed.json",
        "usr/share/dotnet/sdk/dotnet.deps.json",
    )


def test_sums_of_distroless_images_tell_the_same() -> None:
    sums = (
        "07d31e7e63800ab1b7966980709c51eb  usr/lib/os-release\n"
        "0a540d50c157ed0070459b82c358a05a  usr/lib/python3/dist-packages/attrs-22.2.0.dist-info/METADATA\n"
        "0a540d50c157ed0070459b82c358a05b  ./usr/share/java/a b.jar"
    )
    contents = read("var/lib/dpkg/status.d/python3-attr.md5sums", sums.encode())
    assert contents.owns == (
        "usr/lib/python3/dist-packages/attrs-22.2.0.dist-info/METADATA",
        "usr/share/java/a b.jar",
    )
    assert contents.packages == ()


def test_a_database_cut_anywhere_tells_nothing_that_is_not_in_it() -> None:
    """Where the cut is between two packages, nothing can tell."""
    body = (BASH + "\n" + entry("bsdutils", "1:2.38.1-5", source="util-linux (2.38.1-5)") + entry("c", "2")).encode()
    whole = read(STATUS, body).packages
    for end in range(len(body)):
        contents = read(STATUS, body[:end])
        complete = body[:end].count(b"\n\n")
        assert contents.packages[:complete] == whole[:complete]
        assert contents.gaps or body[:end].endswith(b"\n") or not end


@given(st.binary(max_size=2000))
def test_random_bytes_never_raise(body: bytes) -> None:
    for path in (STATUS, "var/lib/dpkg/status.d/a", "var/lib/dpkg/info/a.list", "var/lib/dpkg/status.d/a.md5sums"):
        read(path, body)


def test_bytes_that_are_no_database_are_damage() -> None:
    assert codes(read(STATUS, bytes(range(1, 256)) * 50)) == ["damaged"]


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="only where dpkg is")
def test_the_inventory_of_this_machine_is_what_dpkg_says() -> None:
    form = "${db:Status-Status} ${Package} ${Version} ${source:Package} ${source:Version} ${Architecture}\n"
    said = subprocess.run(["dpkg-query", "-W", "-f", form], capture_output=True, text=True, check=True).stdout  # noqa: S607  wherever it is
    there = [line.split()[1:] for line in said.splitlines() if line.split()[0] not in {"config-files", "not-installed"}]
    contents = read(STATUS, Path("/", STATUS).read_bytes())
    found = [[p.name, p.version, p.source_name, p.source_version, p.arch] for p in contents.packages]
    assert sorted(found) == sorted(there)
    assert contents.gaps == ()
