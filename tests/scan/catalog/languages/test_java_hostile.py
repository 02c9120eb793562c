"""Archives that are damaged, or made to cost what no archive should."""

import io
import struct
import tracemalloc
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.scan.catalog.gathered import Exhausted
from berth.scan.catalog.languages import unpacking, zips
from berth.scan.catalog.languages.unpacking import Allowance
from tests.scan.catalog.languages.archives import archive, pom
from tests.scan.catalog.languages.reading import codes, named, read

LOG4J = pom("org.apache.logging.log4j", "log4j-core", "2.14.1")
FOUND = [("org.apache.logging.log4j:log4j-core", "2.14.1")]
ONE = archive(LOG4J)


@pytest.mark.parametrize("body", [b"", b"PK", b"no archive", b"PK\5\6", ONE[:-30], ONE[30:], ONE[: len(ONE) // 2]])
def test_what_is_no_archive_is_a_gap(body: bytes) -> None:
    assert codes(read("lib/a.jar", body)) == ["damaged"]


def test_an_empty_archive_is_none() -> None:
    assert read("lib/a.jar", archive({})).gaps == ()


def test_one_damaged_archive_does_not_hide_the_others() -> None:
    body = archive({"lib/a.jar": b"no archive", "lib/b.jar": ONE, "lib/c.jar": ONE[:-1]})
    contents = read("app.war", body)
    assert (named(contents), codes(contents)) == (FOUND, ["damaged"])
    assert "1 more" in contents.gaps[0].text


def test_an_entry_that_cannot_be_inflated_does_not_hide_the_others() -> None:
    body = bytearray(archive({"META-INF/MANIFEST.MF": "Manifest-Version: 1.0\n" * 40} | LOG4J))
    at = body.index(b"MANIFEST.MF") + len("MANIFEST.MF")
    body[at : at + 4] = b"\xff\xff\xff\xff"
    contents = read("lib/a.jar", bytes(body))
    assert (named(contents), codes(contents)) == (FOUND, ["damaged"])


def test_archives_are_opened_three_deep() -> None:
    body = ONE
    for _ in range(3):
        body = archive({"inner.jar": body})
    assert named(read("outer.jar", body)) == FOUND
    contents = read("outer.jar", archive({"inner.jar": body}))
    assert (named(contents), codes(contents)) == ([], ["truncated"])


def test_an_archive_that_holds_itself_ends() -> None:
    contents = read("a.jar", archive({f"{n}.jar": archive({f"{m}.jar": ONE for m in range(20)}) for n in range(20)}))
    assert (named(contents), contents.gaps) == (FOUND, ())


def test_more_entries_than_anyone_needs_are_left_out() -> None:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as made:
        for name, content in LOG4J.items():
            made.writestr(name, content)
        for number in range(zips.MAX_ENTRIES):
            made.writestr(f"{number}", b"")
    contents = read("a.jar", body.getvalue())
    assert (named(contents), codes(contents)) == (FOUND, ["truncated"])


def test_entries_that_lie_over_each_other_are_refused() -> None:
    """One stretch of deflated zeros that many entries call theirs inflates as often."""
    body = bytearray(archive({f"META-INF/maven/a/{n}/pom.properties": b"\n" * 50_000 for n in range(10, 60)}))
    first = body.index(b"PK\1\2")
    at = first
    while body[at : at + 4] == b"PK\1\2":
        body[at + 42 : at + 46] = bytes(4)
        name, extra, comment = struct.unpack_from("<HHH", body, at + 28)
        at += 46 + name + extra + comment
    assert codes(read("a.jar", bytes(body))) == ["damaged"]


def test_a_description_without_end_is_read_in_part() -> None:
    properties = b"groupId=a\nartifactId=b\nversion=1\n" + b"x" * 2**26
    body = archive({"META-INF/maven/a/b/pom.properties": properties})
    tracemalloc.start()
    contents = read("b-1.jar", body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (named(contents), contents.gaps) == ([("a:b", "1")], ())
    assert peak < 16 * 2**20


def test_many_long_descriptions_are_read_in_part() -> None:
    entries = {f"META-INF/maven/a/b{n}/pom.properties": b"version=1\n" + b"\n" * 2**20 for n in range(80)}
    contents = read("a.jar", archive(entries))
    assert codes(contents) == ["truncated"]
    assert 60 <= len(contents.packages) < 80


def test_an_archive_within_that_inflates_without_end_is_given_up() -> None:
    file = io.BytesIO(archive({"bomb.jar": bytes(2**24)}))
    (bomb,) = zips.entries(file)
    with pytest.raises(Exhausted):
        unpacking.whole(file, bomb, Allowance(2**20, "bytes"))


def test_large_archives_within_do_not_stay_in_memory() -> None:
    body = archive({f"{n}.jar": bytes(2**25) + ONE for n in range(3)})
    tracemalloc.start()
    contents = read("a.jar", body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert named(contents) == FOUND
    assert peak < 24 * 2**20


@pytest.mark.parametrize(("at", "value"), [(8, 99), (6, 1)])
def test_an_entry_that_java_could_not_read_is_a_gap(at: int, value: int) -> None:
    """Encrypted, or packed in an unknown way."""
    body = bytearray(archive({"lib/a.jar": ONE}))
    listed = body.rindex(b"PK\1\2")
    struct.pack_into("<H", body, listed + at + 2, value)
    assert codes(read("a.jar", bytes(body))) == ["damaged"]


def test_numbers_of_eight_bytes_are_understood() -> None:
    """As tools write them that do not know how long an archive becomes."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in LOG4J.items():
            with made.open(name, "w", force_zip64=True) as entry:
                entry.write(content if isinstance(content, bytes) else content.encode())
    assert named(read("a.jar", body.getvalue())) == FOUND
    assert named(read("a.jar", _all_long(ONE))) == FOUND


def _all_long(body: bytes) -> bytes:
    """The same archive with all numbers of its list, and of its end, in eight bytes."""
    end = len(body) - 22
    count, size, offset = struct.unpack_from("<8xHHI", body, end)[0], *struct.unpack_from("<II", body, end + 12)
    listed, at = b"", offset
    for _ in range(count):
        fixed = bytearray(body[at : at + 46])
        packed, unpacked, name = *struct.unpack_from("<II", fixed, 20), struct.unpack_from("<H", fixed, 28)[0]
        numbers = struct.pack("<HHQQQ", 1, 24, unpacked, packed, struct.unpack_from("<I", fixed, 42)[0])
        struct.pack_into("<II", fixed, 20, 2**32 - 1, 2**32 - 1)
        struct.pack_into("<H", fixed, 30, len(numbers))
        struct.pack_into("<I", fixed, 42, 2**32 - 1)
        listed += bytes(fixed) + body[at + 46 : at + 46 + name] + numbers
        at += 46 + name
    assert at == offset + size
    long_end = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(listed), offset)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, offset + len(listed), 1)
    usual = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, 2**32 - 1, 2**32 - 1, 0)
    return body[:offset] + listed + long_end + locator + usual


def test_names_without_end_take_no_time() -> None:
    name = "-1a" * 20_000 + ".jar"
    contents = read("a.war", archive({f"{number}{name}": b"" for number in range(200)}))
    assert codes(contents) == ["damaged"]


@given(st.data())
def test_whatever_is_changed_in_an_archive_the_reader_ends(data: st.DataObject) -> None:
    body = bytearray(archive({"lib/b.jar": ONE} | LOG4J))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(body)))
    read("a.jar", bytes(body[:cut]) if data.draw(st.booleans()) else bytes(body))
