"""Databases of rpm that were made to cost time or memory, or to make a reader do what it should not."""

import io
import random
import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.scan.catalog import rpm_berkeley, rpm_ndb, rpm_sqlite
from berth.scan.catalog.gathered import Deadline, Exhausted
from berth.scan.reading import Contents
from tests.scan.catalog.os import rpm_writing as written
from tests.scan.catalog.os.reading import codes, read, unpacked

SQLITE, BERKELEY, NDB = "var/lib/rpm/rpmdb.sqlite", "var/lib/rpm/Packages", "var/lib/rpm/Packages.db"
REAL = {SQLITE: unpacked("rpmdb.sqlite"), BERKELEY: unpacked("Packages"), NDB: written.ndb([written.package("a")] * 5)}

PACKAGES = "CREATE TABLE Packages(hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL);"
FOREVER = (
    "WITH RECURSIVE each(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM each) SELECT n AS hnum, x'00' AS blob FROM each"
)


def sqlite(path: Path, script: str, *blobs: object) -> bytes:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(script)
        for blob in blobs:
            db.execute("INSERT INTO Packages(blob) VALUES (?)", (blob,))
        db.commit()
    return path.read_bytes()


def names(contents: Contents) -> list[str]:
    return [each.name for each in contents.packages]


@pytest.mark.parametrize(
    "script",
    [
        f"CREATE VIEW Packages AS {FOREVER};",
        "CREATE VIEW Packages AS SELECT 1 AS hnum, zeroblob(1000000000) AS blob;",
        "CREATE TABLE Other(blob BLOB); CREATE VIEW Packages AS SELECT blob FROM Other;",
        "CREATE VIRTUAL TABLE Packages USING fts5(blob);",
        "CREATE TABLE Other(blob BLOB);",
        "CREATE TABLE Packages(hnum INTEGER PRIMARY KEY);",
        "CREATE TABLE Packages(hnum INTEGER, blob BLOB AS (zeroblob(1000000000))); INSERT INTO Packages VALUES (1);",
    ],
    ids=["endless view", "huge view", "view", "virtual", "no table", "no column", "generated"],
)
def test_sqlite_reads_a_plain_table_and_nothing_else(tmp_path: Path, script: str) -> None:
    contents = read(SQLITE, sqlite(tmp_path / "db", script))
    assert (contents.packages, codes(contents)) == ((), ["damaged"])


@pytest.mark.parametrize("value", ["text", 7, 1.5])
def test_a_row_that_is_no_header_ends_the_reading(tmp_path: Path, value: object) -> None:
    contents = read(SQLITE, sqlite(tmp_path / "db", PACKAGES, written.package("a"), value, written.package("b")))
    assert (names(contents), codes(contents)) == (["a"], ["damaged"])


def test_a_header_of_more_than_64_mib_is_not_read(tmp_path: Path) -> None:
    contents = read(SQLITE, sqlite(tmp_path / "db", PACKAGES, b"\0" * (65 * 2**20)))
    assert (contents.packages, codes(contents)) == ((), ["damaged"])


def test_values_lie_on_a_page_or_in_a_chain_of_pages() -> None:
    file = written.Berkeley()
    body = written.package("b", LICENSE="x" * 700)
    last = file.overflow_page(body[486:], 0)
    first = file.overflow_page(body[:486], last)
    counter = written.in_line(b"\x07\0\0\0")
    file.hash_page(counter, written.in_line(written.package("a")), written.long(first, len(body)))
    contents = read(BERKELEY, file.body())
    assert (names(contents), contents.gaps) == (["a", "b"], ())


def broken_chain(case: str) -> written.Berkeley:
    file = written.Berkeley()
    file.hash_page(written.in_line(written.package("a")))
    match case:
        case "endless":
            value = written.long(file.overflow_page(b"\0" * 486, len(file.pages)), 60 * 2**20)
        case "no page":
            value = written.long(77, 100)
        case "first page":
            value = written.long(0, 100)
        case "no overflow page":
            value = written.long(1, 100)
        case "too long":
            value = written.long(file.overflow_page(b"\0" * 400, 0), 300)
        case "huge":
            value = written.long(file.overflow_page(b"\0" * 400, 0), 2**32 - 1)
        case _:
            value = b"\x04\0\0\0"
    file.hash_page(value)
    return file


@pytest.mark.parametrize(
    "case", ["endless", "no page", "first page", "no overflow page", "too long", "huge", "no kind"]
)
def test_a_value_that_is_lost_leaves_the_others(case: str) -> None:
    contents = read(BERKELEY, broken_chain(case).body())
    assert (names(contents), codes(contents)) == (["a"], ["damaged"])


def test_a_page_belongs_to_one_value_only() -> None:
    """Else a small file in which all values share one long chain would be read as many times."""
    file = written.Berkeley()
    body = written.package("a")
    chain = file.overflow_page(body, 0)
    for _ in range(10):
        file.hash_page(*[written.long(chain, len(body))] * 20)
    contents = read(BERKELEY, file.body())
    assert len(contents.packages) == len(file.pages)
    assert codes(contents) == ["damaged"]


def test_a_page_with_too_many_entries_is_read_to_its_end() -> None:
    body = bytearray(REAL[BERKELEY])
    for page in range(1, len(body) // 4096):
        struct.pack_into("<H", body, page * 4096 + 20, 65_535)
    assert codes(read(BERKELEY, bytes(body))) == ["damaged"]


@pytest.mark.parametrize("size", [0, 1, 511, 513, 2**17, 2**32 - 1])
def test_pages_have_a_size_that_berkeley_db_knows(size: int) -> None:
    body = bytearray(REAL[BERKELEY])
    struct.pack_into("<I", body, 20, size)
    assert codes(read(BERKELEY, bytes(body))) == ["damaged"]


def test_packages_of_suse_do_not_lie_over_each_other() -> None:
    body = written.ndb([written.package("a", LICENSE="x" * 5000)])
    slot = body[32:48]
    many = body[:32] + slot * ((4096 - 32) // 16) + body[4096:]
    contents = read(NDB, many)
    assert (names(contents), codes(contents)) == (["a"], ["damaged"])


@pytest.mark.parametrize(
    ("at", "value"),
    [(4, 9), (12, 2**32 - 1), (32, 0), (40, 2**32 - 1), (44, 2**32 - 1), (44, 1), (4096, 0), (4100, 9), (4108, 2**31)],
)
def test_a_number_that_is_wrong_is_damage(at: int, value: int) -> None:
    body = bytearray(written.ndb([written.package("a")]))
    struct.pack_into("<I", body, at, value)
    contents = read(NDB, bytes(body))
    assert (contents.packages, codes(contents)) == ((), ["damaged"])


def test_a_changed_byte_of_a_header_is_found_by_its_sum() -> None:
    body = bytearray(written.ndb([written.package("a"), written.package("b")]))
    body[4096 + 30] ^= 1
    contents = read(NDB, bytes(body))
    assert (names(contents), codes(contents)) == (["b"], ["damaged"])


@pytest.mark.parametrize("path", list(REAL))
@given(seed=st.integers(0, 2**32), many=st.integers(1, 200))
def test_a_database_with_random_bytes_in_it_never_raises(path: str, seed: int, many: int) -> None:
    body, chance = bytearray(REAL[path]), random.Random(seed)  # noqa: S311  not a secret
    for _ in range(many):
        body[chance.randrange(64, len(body))] = chance.randrange(256)
    read(path, bytes(body))


@pytest.mark.parametrize("path", list(REAL))
@given(body=st.binary(max_size=3000))
def test_random_bytes_behind_the_right_beginning_never_raise(path: str, body: bytes) -> None:
    assert codes(read(path, REAL[path][:64] + body)) == ["damaged"]


def many_rows(tmp_path: Path) -> bytes:
    return sqlite(tmp_path / "db", PACKAGES, *[b"x"] * 20_000)


@pytest.mark.parametrize(
    ("blobs", "body"),
    [
        (rpm_sqlite.blobs, many_rows),
        (rpm_berkeley.blobs, lambda _: REAL[BERKELEY]),
        (rpm_ndb.blobs, lambda _: REAL[NDB]),
    ],
    ids=["sqlite", "berkeley", "ndb"],
)
def test_no_database_is_read_longer_than_it_may(
    tmp_path: Path, blobs: Callable[[BinaryIO, Deadline], Iterator[bytes]], body: Callable[[Path], bytes]
) -> None:
    with pytest.raises(Exhausted, match="within"):
        list(blobs(io.BytesIO(body(tmp_path)), Deadline(-1)))
