"""Headers of rpm: what is in them is read, and nothing that they claim of themselves is believed."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.scan.catalog import rpm_header
from berth.scan.catalog.gathered import Damaged
from berth.scan.catalog.rpm_header import Header
from tests.scan.catalog.os import rpm_writing as written

text = st.text(st.characters(min_codepoint=48, max_codepoint=126), min_size=1, max_size=20)


@given(text, st.integers(0, 2**32 - 1), st.lists(st.tuples(st.integers(0, 3), text), min_size=1))
def test_what_was_written_is_read(name: str, epoch: int, files: list[tuple[int, str]]) -> None:
    folders = ["/", "/usr/", "/usr/lib/", "/opt/a b/"]
    header = Header(
        written.header(
            {
                written.NAME: name,
                written.EPOCH: epoch,
                written.DIR_NAMES: list(folders),
                written.DIR_INDEXES: [index for index, _ in files],
                written.BASE_NAMES: [base for _, base in files],
            }
        )
    )
    assert (header.text(rpm_header.NAME), header.number(rpm_header.EPOCH)) == (name, epoch)
    assert [each.decode() for each in header.files()] == [f"{folders[i]}{base}".lstrip("/") for i, base in files]
    assert (header.text(rpm_header.VENDOR), header.number(9999)) == ("", 0)


def test_old_rpms_write_whole_paths() -> None:
    header = Header(written.header({written.OLD_FILE_NAMES: ["/etc/passwd", "/usr/bin/a"]}))
    assert list(header.files()) == [b"etc/passwd", b"usr/bin/a"]


def index(*tags: tuple[int, int, int, int], data: bytes = b"abc\0") -> bytes:
    return struct.pack(">II", len(tags), len(data)) + b"".join(struct.pack(">IIII", *each) for each in tags) + data


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"\0" * 7,
        struct.pack(">II", 1, 0),
        struct.pack(">II", 0, 1),
        struct.pack(">II", 2**32 - 1, 2**32 - 1),
        struct.pack(">II", 65_537, 0) + b"\0" * 65_537 * 16,
    ],
    ids=["empty", "short", "no tag", "no data", "huge", "too many tags"],
)
def test_a_header_longer_than_its_bytes_is_damage(blob: bytes) -> None:
    with pytest.raises(Damaged):
        Header(blob)


@pytest.mark.parametrize(
    "tag",
    [(1000, 6, 4, 1), (1000, 6, 2**31, 1), (1000, 4, 0, 1), (1000, 7, 0, 1)],
    ids=["behind the end", "far behind", "a number", "bytes"],
)
def test_a_name_that_is_not_there_is_damage(tag: tuple[int, int, int, int]) -> None:
    with pytest.raises(Damaged):
        Header(index(tag)).text(rpm_header.NAME)


def test_a_text_without_end_is_damage() -> None:
    with pytest.raises(Damaged):
        Header(index((1000, 6, 0, 1), data=b"abc")).text(rpm_header.NAME)


@pytest.mark.parametrize("tag", [(1003, 4, 1, 1), (1003, 4, 0, 2), (1003, 4, 0, 2**32 - 1), (1003, 6, 0, 1)])
def test_a_number_that_is_not_there_is_damage(tag: tuple[int, int, int, int]) -> None:
    with pytest.raises(Damaged):
        Header(index(tag)).number(rpm_header.EPOCH)


def test_files_that_are_not_there_are_damage() -> None:
    without: dict[int, written.Value] = {written.BASE_NAMES: ["a"], written.DIR_INDEXES: [0]}
    outside: dict[int, written.Value] = {written.BASE_NAMES: ["a"], written.DIR_INDEXES: [1], written.DIR_NAMES: ["/"]}
    for tags in (without, outside):
        with pytest.raises(Damaged):
            list(Header(written.header(tags)).files())
    with pytest.raises(Damaged):
        list(Header(index((1117, 8, 0, 500_001))).files())


def test_one_long_folder_costs_nothing_for_all_the_files_in_it() -> None:
    header = Header(
        written.header(
            {
                written.DIR_NAMES: ["/" + "x" * 1_000_000, "/usr/"],
                written.DIR_INDEXES: [0] * 100_000 + [1],
                written.BASE_NAMES: ["a"] * 100_001,
            }
        )
    )
    assert list(header.files()) == [b"usr/a"]


@given(st.binary(max_size=400), st.integers(0, 20))
def test_random_bytes_are_a_header_or_damage(data: bytes, tags: int) -> None:
    try:
        header = Header(struct.pack(">II", tags, max(0, len(data) - 16 * tags)) + data)
        for tag in (1000, 1003, 1117):
            header.text(tag)
        list(header.files())
    except Damaged:
        return


@given(st.binary(max_size=60), st.lists(st.tuples(*[st.integers(0, 70)] * 3), min_size=6, max_size=6))
def test_random_tags_are_read_or_damage(data: bytes, tags: list[tuple[int, int, int]]) -> None:
    wanted = (1000, 1003, 1027, 1116, 1117, 1118)
    header = Header(index(*[(tag, *where) for tag, where in zip(wanted, tags, strict=True)], data=data))
    for ask in (lambda: header.text(1000), lambda: header.number(1003), lambda: list(header.files())):
        try:
            ask()
        except Damaged:
            continue
