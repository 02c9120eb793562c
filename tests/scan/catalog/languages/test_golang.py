"""Programs of Go: the toolchain and the modules they tell of, in three formats and two forms."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berth.scan.inventory import Package
from tests.scan.catalog.languages import executables
from tests.scan.catalog.languages.reading import codes, is_wanted, named, read, unpacked

REAL = ("linux-amd64", "linux-386", "linux-s390x", "windows-amd64", "windows-386", "darwin-arm64")
MAGIC = b"\xff Go buildinf:"
FRAME = b"\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6"
MODULES = "path\texample.com/hello\nmod\texample.com/hello\tv0.9.0\th1:x=\ndep\texample.com/one\tv1.2.3\th1:y=\n"


def inline(toolchain: str = "go1.21.5", modules: str = MODULES) -> bytes:
    """As Go has written it since 1.18."""
    framed = FRAME + modules.encode() + FRAME if modules else b""
    return MAGIC + b"\x08\x02" + bytes(16) + _sized(toolchain.encode()) + _sized(framed)


def _sized(text: bytes) -> bytes:
    size, length = b"", len(text)
    while length >= 0x80:
        size, length = size + bytes([length & 0x7F | 0x80]), length >> 7
    return size + bytes([length]) + text


def pointed(address: int, *, size: int, big: bool) -> bytes:
    """As Go wrote it before: addresses of pairs of an address and a length."""
    order, word = (">" if big else "<"), ("Q" if size == 8 else "I")
    framed = FRAME + MODULES.encode() + FRAME
    pairs, texts = address + 32, address + 32 + 4 * size
    header = MAGIC + bytes([size, int(big)]) + struct.pack(f"{order}2{word}", pairs, pairs + 2 * size).ljust(16, b"\0")
    pair = struct.pack(f"{order}4{word}", texts, len("go1.15.2"), texts + len("go1.15.2"), len(framed))
    return header + pair + b"go1.15.2" + framed


@pytest.mark.parametrize("system", REAL)
def test_what_a_real_program_was_built_from(system: str) -> None:
    contents = read("app/hello", unpacked(f"hello-{system}"))
    # A module that was replaced by another is that other; one replaced by a folder has no version, and the program
    # itself has none either.
    assert named(contents) == [
        ("stdlib", "1.27.3"),
        ("example.com/one", "v1.2.3"),
        ("example.org/two-fork", "v1.5.0"),
    ]
    assert contents.gaps == ()


def test_a_module_as_a_package() -> None:
    contents = read("usr/bin/tool", executables.elf({".go.buildinfo": inline()}))
    assert contents.packages[2] == Package("language", "golang", "example.com/one", "v1.2.3", path="usr/bin/tool")


def test_the_main_module_counts_when_it_has_a_version() -> None:
    body = executables.elf({".go.buildinfo": inline()})
    assert ("example.com/hello", "v0.9.0") in named(read("app/hello", body))
    body = executables.elf({".go.buildinfo": inline(modules="mod\texample.com/hello\t(devel)\t\n")})
    assert named(read("app/hello", body)) == [("stdlib", "1.21.5")]


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("wide", [False, True])
def test_the_form_before_go_1_18(*, wide: bool, big: bool) -> None:
    section = pointed(executables.BASE + 4096, size=8 if wide else 4, big=big)
    expected = [("stdlib", "1.15.2"), ("example.com/hello", "v0.9.0"), ("example.com/one", "v1.2.3")]
    assert named(read("app/hello", executables.elf({".go.buildinfo": section}, wide=wide, big=big))) == expected
    assert named(read("app/hello", executables.macho({"__go_buildinfo": section}, wide=wide, big=big))) == expected
    if not big:
        assert named(read("app/hello.exe", executables.pe({".data": section}, wide=wide))) == expected


@pytest.mark.parametrize(
    ("toolchain", "version"),
    [
        ("go1.20", "1.20"),
        ("go1.21rc2", "1.21rc2"),
        ("go1.22.1 X:loopvar", "1.22.1"),
        ("go1.26.0-X:jsonv2", "1.26.0"),
        ("go1.18.2b7", "1.18.2"),
        ("go1.26.5 (Red Hat 1.26.5-1.el10_2)", "1.26.5"),
    ],
)
def test_the_toolchain_without_what_was_switched_on_in_it(toolchain: str, version: str) -> None:
    body = executables.elf({".go.buildinfo": inline(toolchain, "")})
    assert named(read("app/hello", body)) == [("stdlib", version)]


def test_a_toolchain_between_releases_has_no_version_but_its_modules_count() -> None:
    body = executables.elf({".go.buildinfo": inline("devel go1.27-0123abcd Thu Jan 1 00:00:00 2026 +0000")})
    assert named(read("app/hello", body)) == [("example.com/hello", "v0.9.0"), ("example.com/one", "v1.2.3")]


def test_a_program_without_a_table_of_sections_is_searched() -> None:
    body = bytearray(executables.elf({".go.buildinfo": inline()}))
    body[0x28:0x30] = bytes(8)
    body[0x3C:0x40] = bytes(4)
    assert ("example.com/one", "v1.2.3") in named(read("app/hello", bytes(body)))


def test_a_magic_word_that_lies_askew_or_means_nothing_is_passed_over() -> None:
    section = MAGIC + b"\x08\x02" + bytes(32) + b"12345678" + MAGIC.ljust(24, b"\0") + inline()
    assert ("stdlib", "1.21.5") in named(read("app/hello.exe", executables.pe({".data": section})))


def test_other_programs_tell_nothing_and_are_no_gap() -> None:
    for body in (executables.elf({".text": b"code"}), executables.pe({".data": b"data"}), executables.macho({})):
        assert read("usr/bin/ls", body).packages == ()
        assert read("usr/bin/ls", body).gaps == ()
    assert read("dos.exe", b"MZ".ljust(0x3C, b"\0") + b"\x80\0\0\0" + bytes(200)).gaps == ()


def test_kernel_modules_and_classes_of_java_are_not_opened() -> None:
    assert not is_wanted("lib/modules/a.ko", executables.elf({}, kind=1)[:64])
    assert not is_wanted("A.class", b"\xca\xfe\xba\xbe\0\0\0\x34".ljust(64, b"\0"))
    assert not is_wanted("usr/bin/script", b"#!/bin/sh\n")
    assert not is_wanted("usr/bin/empty", b"")


def test_a_program_of_go_that_does_not_say_more_is_a_gap() -> None:
    for section in (b"\0" * 64, inline()[:34], MAGIC + b"\x05\x00" + bytes(16)):
        contents = read("app/hello", executables.elf({".go.buildinfo": section.ljust(64, b"\0")}))
        assert (contents.packages, codes(contents)) == ((), ["damaged"])


def test_a_list_of_modules_that_is_damaged_leaves_the_toolchain() -> None:
    for modules in (inline()[:60], inline().replace(b"\n" + FRAME, b" " + FRAME)):
        contents = read("app/hello", executables.elf({".go.buildinfo": modules}))
        assert (named(contents), codes(contents)) == ([("stdlib", "1.21.5")], ["damaged"])


def test_a_program_that_was_cut_is_a_gap() -> None:
    body = executables.elf({".go.buildinfo": inline()})
    for length in (20, 60, 4096, len(body) - 200, len(body) - 1):
        assert codes(read("app/hello", body[:length])) == ["damaged"]
    for body in (executables.macho({"__go_buildinfo": inline()}), executables.pe({".data": inline()})):
        assert codes(read("app/hello", body[:0xA0])) == ["damaged"]


@given(st.binary(min_size=1, max_size=64), st.integers(0, 4400), st.sampled_from(["elf", "pe", "macho"]))
def test_whatever_a_header_says_the_reader_ends(noise: bytes, at: int, kind: str) -> None:
    sections = {".go.buildinfo": inline(), "__go_buildinfo": inline(), ".dep-v0": b"x"}
    body = bytearray(getattr(executables, kind)(sections))
    body[at : at + len(noise)] = noise
    if is_wanted("app/hello", bytes(body[:64])):
        read("app/hello", bytes(body))


def test_overlapping_segments_do_not_multiply_the_search() -> None:
    segment = struct.pack("<IIQQQQQQ", 1, 6, 0, 0, 0, 2**40, 2**40, 1)
    head = executables.elf({})[:64]
    body = bytearray(head + segment * 60_000 + bytes(2**20))
    struct.pack_into("<Q", body, 0x28, 0)
    struct.pack_into("<HH", body, 0x36, 56, 60_000)
    assert codes(read("app/hello", bytes(body))) == ["truncated"]
