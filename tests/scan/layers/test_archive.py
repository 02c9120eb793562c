"""The entries of an archive, and what is refused of them."""

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.scan.failed import ScanFailed
from berth.scan.layers import paths
from berth.scan.layers.archive import Archive, Entry
from berth.scan.layers.limits import Limits
from berth.scan.layers.unpacking import unpacked
from tests.scan.layers.archives import LIMITS, TAR, directory, file, hardlink, opening, symlink, tar

FORMATS = [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT]


def read(data: bytes, limits: Limits = LIMITS) -> tuple[list[tuple[Entry, bytes]], list[str]]:
    archive = Archive(unpacked(opening(data)(), TAR, limits), limits)
    entries = [(entry, archive.read(1 << 30)) for entry in archive]
    return entries, [gap.text for gap in archive.gaps()]


def names(data: bytes) -> list[str]:
    return [entry.path for entry, _ in read(data)[0]]


def failure(data: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(ScanFailed) as failed:
        read(data, limits)
    return failed.value.code


def header(name: bytes, size: bytes = b"0" * 11 + b"\0", kind: bytes = b"0") -> bytes:
    """A header of which every byte can be chosen."""
    block = bytearray(tarfile.TarInfo("x").tobuf(tarfile.USTAR_FORMAT))
    block[0:100] = name.ljust(100, b"\0")
    block[124:136] = size
    block[156:157] = kind
    return _summed(block)


def _summed(block: bytearray) -> bytes:
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def extended(kind: bytes, data: bytes) -> bytes:
    return header(b"extended", b"%011o\0" % len(data), kind) + data + bytes(-len(data) % 512)


def record(name: bytes, value: bytes) -> bytes:
    body = b" " + name + b"=" + value + b"\n"
    length = len(body) + len(str(len(body)))
    return str(length + (len(str(length)) > len(str(len(body))))).encode() + body


@pytest.mark.parametrize("form", FORMATS)
def test_entries_come_with_their_kinds_links_and_bytes(form: int) -> None:
    data = tar(
        directory("./etc"),
        file("./etc/hosts", b"localhost"),
        symlink("bin", "usr/bin"),
        hardlink("h", "./etc/hosts"),
        form=form,
    )
    assert read(data)[0] == [
        (Entry("etc", "directory", 0), b""),
        (Entry("etc/hosts", "file", 9), b"localhost"),
        (Entry("bin", "symlink", 0, "usr/bin"), b""),
        (Entry("h", "hardlink", 0, "etc/hosts"), b""),
    ]


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_names_and_long_links_are_whole(form: int) -> None:
    long = "/".join(["d" * 90] * 20)
    assert read(tar(symlink(long, long + "x"), form=form))[0] == [(Entry(long, "symlink", 0, long + "x"), b"")]


def test_a_ustar_name_is_joined_from_its_two_fields() -> None:
    long = "a" * 100 + "/" + "b" * 90
    assert names(tar(file(long), form=tarfile.USTAR_FORMAT)) == [long]


def test_a_global_header_is_ignored_as_container_engines_do() -> None:
    data = extended(b"g", record(b"path", b"other")) + header(b"own") + bytes(1024)
    assert names(data) == ["own"]


def test_a_pax_size_is_the_size() -> None:
    data = extended(b"x", record(b"size", b"700")) + header(b"a") + b"x" * 700 + bytes(324) + header(b"b") + bytes(1024)
    assert [(entry.path, len(data)) for entry, data in read(data)[0]] == [("a", 700), ("b", 0)]


def test_a_binary_size_is_the_size() -> None:
    data = header(b"a", b"\x80" + (700).to_bytes(11, "big")) + b"x" * 700 + bytes(324) + header(b"b") + bytes(1024)
    assert names(data) == ["a", "b"]


def test_a_link_has_no_bytes_whatever_its_header_says() -> None:
    assert names(header(b"a", b"%011o\0" % 5000, b"1") + header(b"b") + bytes(1024)) == ["b"], "its target is no path"
    assert names(header(b"a", b"%011o\0" % 5000, b"5") + header(b"b") + bytes(1024)) == ["a", "b"]


def test_a_sparse_file_has_its_own_name_and_is_known_for_one() -> None:
    pax = record(b"GNU.sparse.major", b"1") + record(b"GNU.sparse.name", b"var/lib/db")
    (entry, _), _ = read(extended(b"x", pax) + header(b"GNUSparseFile.0/db") + header(b"b") + bytes(1024))[0]
    assert (entry.path, entry.sparse) == ("var/lib/db", True)


def test_the_map_of_an_old_sparse_file_is_not_taken_for_its_bytes() -> None:
    block = bytearray(header(b"a", b"%011o\0" % 3, b"S"))
    block[482] = 1
    more, last = bytearray(512), bytes(512)
    more[504] = 1
    data = _summed(block) + bytes(more) + last + b"abc" + bytes(509) + header(b"b") + bytes(1024)
    assert [(entry.path, found) for entry, found in read(data)[0]] == [("a", b"abc"), ("b", b"")]


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/../x", "..", "a/./../../b"])
def test_a_name_that_leads_out_of_the_image_is_ignored_and_noted(name: str) -> None:
    entries, noted = read(tar(file(name, b"x"), file("after", b"y")))
    assert [entry.path for entry, _ in entries] == ["after"]
    assert "1 names that lead out of the image" in noted[0]


@pytest.mark.parametrize("name", ["/etc/x", "./etc/x", "etc//x", "etc/./x", "usr/../etc/x", "//etc/x"])
def test_a_path_has_one_form(name: str) -> None:
    assert names(tar(file(name))) == ["etc/x"]


def test_a_hard_link_that_leads_out_of_the_image_is_ignored() -> None:
    entries, noted = read(tar(hardlink("x", "../../etc/passwd")))
    assert not entries
    assert noted


def test_a_name_with_a_zero_in_it_is_ignored_and_noted() -> None:
    entries, noted = read(extended(b"x", record(b"path", b"etc\0/x")) + header(b"a") + header(b"b") + bytes(1024))
    assert [entry.path for entry, _ in entries] == ["b"]
    assert noted


def test_names_that_are_too_long_or_too_deep_are_ignored_and_noted() -> None:
    entries, noted = read(tar(file("x" * 4097), file("/".join("d" * 256)), file("/".join("d" * 255)), file("x" * 4096)))
    assert [len(entry.path) for entry, _ in entries] == [509, 4096]
    assert "2 names" in noted[0]


def test_bytes_that_are_no_utf_8_stay_different() -> None:
    assert names(header(b"a\xff") + header(b"a\xfe") + bytes(1024)) == ["a\\xff", "a\\xfe"]


def test_a_header_that_is_too_long_is_no_archive() -> None:
    for kind in (b"x", b"g", b"L", b"K"):
        data = extended(kind, b"n" * 5000) + header(b"a") + bytes(1024)
        assert failure(data, Limits(header_bytes=4000)) == "BAD_ARCHIVE"


@pytest.mark.parametrize(
    "records", [b"x", b"5 a=b\n\n", b"99 path=x\n", b"-5 path=x\n", b"9 path=xxx", b"0 path=x\n", b" path=x\n"]
)
def test_a_malformed_pax_header_is_no_archive(records: bytes) -> None:
    assert failure(extended(b"x", records) + header(b"a") + bytes(1024)) == "BAD_ARCHIVE"


@pytest.mark.parametrize("size", [b"\xff" * 12, b"0000000000-1", b"9" * 12, b"0_0000000001"])
def test_a_size_that_is_none_is_no_archive(size: bytes) -> None:
    assert failure(header(b"a", size) + bytes(1024)) == "BAD_ARCHIVE"


def test_a_size_beyond_the_end_is_no_archive() -> None:
    assert failure(header(b"a", b"\x80" + b"\xff" * 11) + bytes(2048)) == "BAD_ARCHIVE"


def test_a_wrong_checksum_is_no_archive() -> None:
    assert failure(tar(file("a"))[:512] + header(b"b")[:511] + b"!" + bytes(1024)) == "BAD_ARCHIVE"


def test_an_archive_that_is_cut_short_is_none() -> None:
    data = tar(file("a", b"x" * 700))
    for length in (100, 600, 1100):
        assert failure(data[:length]) == "BAD_ARCHIVE"


def test_an_archive_may_lack_its_end() -> None:
    assert names(tar(file("a", b"x" * 700))[: 512 * 3]) == ["a"]


def test_a_single_block_of_zeros_is_no_end() -> None:
    assert failure(header(b"a") + bytes(512) + header(b"b")) == "BAD_ARCHIVE"


def test_too_many_entries_are_refused() -> None:
    data = tar(*(file(str(number)) for number in range(11)))
    assert failure(data, Limits(entries=10)) == "LIMIT_ENTRIES"
    assert len(read(data, Limits(entries=11))[0]) == 11


NAME = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=150)
ENTRY = st.one_of(
    st.builds(file, NAME, st.binary(max_size=1500)),
    st.builds(directory, NAME),
    st.builds(symlink, NAME, NAME),
    st.builds(hardlink, NAME, NAME),
)


@given(st.lists(ENTRY, max_size=8), st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]))
def test_it_reads_what_python_reads(entries: list[tuple[tarfile.TarInfo, bytes]], form: int) -> None:
    data = tar(*entries, form=form)
    found = {(entry.path, entry.kind, entry.link, body) for entry, body in read(data)[0]}
    assert found == {each for each in map_of(data) if each is not None}


def map_of(data: bytes) -> list[tuple[str, str, str, bytes] | None]:
    kinds = {tarfile.DIRTYPE: "directory", tarfile.SYMTYPE: "symlink", tarfile.LNKTYPE: "hardlink"}
    expected = []
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for entry in archive:
            content = archive.extractfile(entry) if entry.isreg() else None
            kind = kinds.get(entry.type, "file")
            expected.append(plainly(entry, kind, content.read() if content else b""))
    return expected


def plainly(entry: tarfile.TarInfo, kind: str, body: bytes) -> tuple[str, str, str, bytes] | None:
    path = paths.normal(entry.name.encode(), 4096, 255)
    link: str | None = entry.linkname if kind == "symlink" else ""
    if kind == "hardlink":
        link = paths.normal(entry.linkname.encode(), 4096, 255) or None
    if path is None or link is None or (not path and kind != "directory"):
        return None
    return path, kind, link, body


@given(st.binary(max_size=600), st.integers(0, 1500))
def test_whatever_is_written_over_an_archive_it_ends(noise: bytes, at: int) -> None:
    data = tar(file("a", b"x" * 600), file("n" * 200, b"y"))
    try:
        read(data[:at] + noise + data[at + len(noise) :])
    except ScanFailed as failed:
        assert failed.code in {"BAD_ARCHIVE", "UNSUPPORTED_COMPRESSION"}  # noqa: PT017
