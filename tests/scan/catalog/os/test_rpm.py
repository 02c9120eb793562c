"""Packages of rpm out of its three databases, made by rpm and Berkeley DB themselves where that is possible."""

import io
import tempfile
from dataclasses import replace

import pytest

from berth.scan.catalog import rpm_sqlite
from berth.scan.catalog.gathered import Deadline
from berth.scan.inventory import Package
from berth.scan.reading import Contents
from tests.scan.catalog.os import rpm_writing as written
from tests.scan.catalog.os.reading import codes, is_wanted, read, unpacked

SQLITE, BERKELEY, NDB = "var/lib/rpm/rpmdb.sqlite", "var/lib/rpm/Packages", "usr/lib/sysimage/rpm/Packages.db"


def headers() -> list[bytes]:
    return list(rpm_sqlite.blobs(io.BytesIO(unpacked("rpmdb.sqlite")), Deadline(60)))


def expected(path: str) -> set[Package]:
    sample = Package(
        kind="os",
        type="rpm",
        name="berth-sample",
        version="3:2.4-1.el9",
        source_name="berth-sample",
        source_version="3:2.4-1.el9",
        arch="x86_64",
        path=path,
        license="Apache-2.0",
        vendor="Red Hat, Inc.",
        module="nodejs:18",
    )
    python = replace(
        sample,
        name="python3-sample",
        version="1.0~rc1-1.el9",
        source_version="2.4-1.el9",
        arch="noarch",
        license="MIT",
    )
    third = replace(
        sample,
        name="third-party",
        version="5-2",
        source_name="third-party",
        source_version="5-2",
        arch="noarch",
        license="LicenseRef-Other",
        vendor="Example Third Party",
        module="",
    )
    return {sample, python, third}


def check(contents: Contents, path: str) -> None:
    assert set(contents.packages) == expected(path)
    assert len(contents.packages) == 3
    assert set(contents.owns) == {
        "usr/lib/node_modules/sample/package.json",
        "usr/lib/python3.9/site-packages/sample-1.0.dist-info/METADATA",
    }
    assert contents.gaps == ()


@pytest.mark.parametrize(
    ("path", "file"),
    [
        (SQLITE, "rpmdb.sqlite"),
        ("usr/lib/sysimage/rpm/rpmdb.sqlite", "rpmdb.sqlite"),
        (BERKELEY, "Packages"),
        (BERKELEY, "Packages-big-endian"),
    ],
)
def test_databases_that_rpm_and_berkeley_db_made(path: str, file: str) -> None:
    """The key of a publisher, which rpm keeps among them, is no package. The system owns nothing of what a third party
    packed: its advisories do not speak of that.
    """
    check(read(path, unpacked(file)), path)


def test_the_database_of_suse() -> None:
    check(read(NDB, written.ndb(headers())), NDB)


def test_a_file_without_a_name_is_read_like_any_other() -> None:
    with tempfile.TemporaryFile() as file:
        file.write(unpacked("rpmdb.sqlite"))
        assert len(list(rpm_sqlite.blobs(file, Deadline(60)))) == 4


def test_changes_that_are_not_in_the_database_yet_are_told() -> None:
    assert read(f"{SQLITE}-wal", b"") == Contents()
    assert codes(read(f"{SQLITE}-wal", b"7\x7f\x06\x82")) == ["unread"]
    assert not is_wanted(f"{SQLITE}-shm")


def test_one_bad_header_leaves_the_others() -> None:
    contents = read(
        NDB, written.ndb([written.package("a"), b"\xff" * 100, written.package("", "2"), written.package("b")])
    )
    assert [each.name for each in contents.packages] == ["a", "b"]
    assert codes(contents) == ["damaged"]
    assert "2 of its packages cannot be read" in contents.gaps[0].text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("bash-5.1.8-6.el9.src.rpm", ("bash", "5.1.8-6.el9")),
        ("java-1.8.0-openjdk-1.8.0.392-1.el7.nosrc.rpm", ("java-1.8.0-openjdk", "1.8.0.392-1.el7")),
        ("(none)", ("", "")),
        ("", ("", "")),
    ],
)
def test_the_source_of_a_package(source: str, expected: tuple[str, str]) -> None:
    (package,) = read(NDB, written.ndb([written.package("a", SOURCE_RPM=source)])).packages
    assert (package.source_name, package.source_version) == expected


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (SQLITE, unpacked("rpmdb.sqlite")),
        (BERKELEY, unpacked("Packages")),
        (BERKELEY, unpacked("Packages-big-endian")),
        (NDB, written.ndb(headers())),
    ],
    ids=["sqlite", "berkeley", "big-endian", "ndb"],
)
def test_a_database_cut_anywhere_is_damaged_and_tells_nothing_false(path: str, body: bytes) -> None:
    for end in range(0, len(body), 97):
        contents = read(path, body[:end])
        assert codes(contents) == ["damaged"], end
        assert set(contents.packages) <= expected(path), end


@pytest.mark.parametrize("path", [SQLITE, BERKELEY, NDB])
@pytest.mark.parametrize(
    "body", [b"", b"\0" * 5000, b"\xff" * 5000, bytes(range(256)) * 300], ids=["none", "0", "1", "all"]
)
def test_bytes_that_are_no_database_are_damage(path: str, body: bytes) -> None:
    contents = read(path, body)
    assert (contents.packages, codes(contents)) == ((), ["damaged"])
