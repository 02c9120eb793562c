"""What Go puts into its programs: the version of the toolchain, and the modules they were built from.

Both follow a header that begins with a magic word and lies at an address that is a multiple of 16. Since Go 1.18 they
stand behind it; before, it held the addresses of two strings (`debug/buildinfo` in Go's library).
"""

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from berth.scan.catalog.gathered import Damaged, Exhausted
from berth.scan.catalog.languages import found, stretches
from berth.scan.catalog.languages.executable import Executable, Part
from berth.scan.inventory import Package

_SECTIONS = (".go.buildinfo", "__go_buildinfo")
_MAGIC = b"\xff Go buildinf:"
_ALIGNED = 16
_HEADER = 32
_POINTER_SIZE, _FLAGS, _POINTERS = 14, 15, 16
"""Where they stand in the header."""
_BIG_ENDIAN, _INLINE = 1, 2
_WINDOW = 2**20
_SEARCHED = 512 * 2**20
"""Bytes in all, as the parts of a hostile file may each be all of it."""
_TRIES = 16
"""So many magic words without sense are passed over: what was not built by Go may yet know the word."""
_LONGEST = 8 * 2**20
"""Bytes of the list of modules; real ones have thousands."""
_FRAME = 16
_TOOLCHAIN = re.compile(r"go(\d+\.\d+(?:\.\d+)?(?:(?:beta|rc)\d+)?)")


def packages(path: str, program: Executable) -> Iterator[Package]:
    named = [program.sections[each] for each in _SECTIONS if each in program.sections]
    for tries, offset in enumerate(_headers(program, named or program.data)):
        toolchain, modules = _strings(program, offset)
        if toolchain is not None and toolchain.startswith((b"go", b"devel")):
            yield from _told(path, toolchain.decode("utf-8", "replace"), modules)
            return
        if tries == _TRIES:
            break
    if any(part.size for part in named):
        raise Damaged("it was built by Go, and what it says of that cannot be read")


def _headers(program: Executable, parts: Iterable[Part]) -> Iterator[int]:
    """Offsets of the magic word. It never lies across two windows, as these are multiples of 16 too."""
    left = _SEARCHED
    for part in parts:
        start, end = part.offset + -part.address % _ALIGNED, part.offset + part.size
        while start < end and (window := stretches.read(program.file, start, min(_WINDOW, end - start))):
            yield from (start + at for at in _magic_words(window))
            start += _WINDOW
            left -= len(window)
            if left < 0:
                raise Exhausted(f"what Go may have left in it was looked for in {_SEARCHED} bytes only")


def _magic_words(window: bytes) -> Iterator[int]:
    at = window.find(_MAGIC)
    while at >= 0:
        if at % _ALIGNED == 0:
            yield at
        at = window.find(_MAGIC, at + 1)


def _strings(program: Executable, offset: int) -> tuple[bytes | None, bytes | None]:
    """Of a header; None for one that is not there."""
    header = stretches.read(program.file, offset, _HEADER)
    if len(header) < _HEADER:
        return None, None
    if header[_FLAGS] & _INLINE:
        toolchain, behind = _inline(program, offset + _HEADER)
        modules, _ = _inline(program, behind)
    else:
        toolchain, modules = (_pointed(program, header, place) for place in (0, 1))
    return toolchain, modules


def _inline(program: Executable, offset: int) -> tuple[bytes | None, int]:
    """A string behind its length, which is written in groups of seven bits; and where it ends."""
    length, shift = 0, 0
    for byte in stretches.read(program.file, offset, 5):
        offset += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:  # noqa: PLR2004  the eighth bit says that there is more
            break
    text = stretches.read(program.file, offset, length) if length <= _LONGEST else b""
    return (text if len(text) == length else None), offset + length


def _pointed(program: Executable, header: bytes, place: int) -> bytes | None:
    """A string that a pointer in the header leads to: over a pair of the string's own address and length."""
    size = header[_POINTER_SIZE]
    if size not in {4, 8}:
        return None
    order: Literal["big", "little"] = "big" if header[_FLAGS] & _BIG_ENDIAN else "little"
    start = _POINTERS + place * size
    pair = program.bytes_at(int.from_bytes(header[start : start + size], order), 2 * size)
    length = int.from_bytes(pair[size:], order)
    text = program.bytes_at(int.from_bytes(pair[:size], order), min(length, _LONGEST))
    return text if len(text) == length else None


def _told(path: str, toolchain: str, modules: bytes | None) -> Iterator[Package]:
    if version := _TOOLCHAIN.match(toolchain):
        yield Package(kind="language", type="golang", name="stdlib", version=version[1], path=path)
    for name, number in _modules(_unframed(modules)):
        package = found.package("golang", path, name, number)
        # What was built where it was written has no version that anyone could speak of.
        if package is not None and number != "(devel)":
            yield package


def _unframed(modules: bytes | None) -> str:
    """Without the marks around the list; it is empty in a program that was built without modules."""
    if modules == b"":
        return ""
    if modules is None or modules[-_FRAME - 1 : -_FRAME] != b"\n":
        raise Damaged("its list of modules cannot be read")
    return modules[_FRAME:-_FRAME].decode("utf-8", "replace")


def _modules(modules: str) -> Iterator[tuple[str, str]]:
    """Name and version of the main module and of all others; of a module that was replaced, those of the other."""
    latest: tuple[str, str] | None = None
    for line in modules.split("\n"):
        kind, *fields = line.split("\t")
        if kind not in {"mod", "dep", "=>"} or not fields:
            continue
        if kind != "=>" and latest is not None:
            yield latest
        latest = fields[0], fields[1] if len(fields) > 1 else ""
    if latest is not None:
        yield latest
