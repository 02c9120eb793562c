"""Mach-O, the programs of macOS, of one processor (`mach-o/loader.h`).

Those of several begin as the classes of Java do and are not looked at: an image has none of the one and thousands of
the other.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from berth.scan.catalog.gathered import Damaged
from berth.scan.catalog.languages import executable, stretches
from berth.scan.catalog.languages.executable import MAX_TABLE, Executable, Part, Row


@dataclass(frozen=True, slots=True)
class _Form:
    order: str
    header: int
    """Bytes of it, behind which the commands follow."""
    segment: int
    """The command that loads a segment."""
    command: str
    section: str


_NARROW = (28, 0x1, "II16sIIIIIIII", "16s16sIIIIIIIII")
_WIDE = (32, 0x19, "II16sQQQQIIII", "16s16sQQIIIIIIII")
_FORMS = {
    b"\xfe\xed\xfa\xce": _Form(">", *_NARROW),
    b"\xfe\xed\xfa\xcf": _Form(">", *_WIDE),
    b"\xce\xfa\xed\xfe": _Form("<", *_NARROW),
    b"\xcf\xfa\xed\xfe": _Form("<", *_WIDE),
}


def is_program(head: bytes) -> bool:
    return head[:4] in _FORMS


def read(file: BinaryIO, head: bytes) -> Executable:
    form = _FORMS[head[:4]]
    loaded: list[Part] = []
    named: dict[str, Part] = {}
    for command in _segments(file, form):
        _, _, _, address, _, offset, size, *_ = struct.unpack_from(form.order + form.command, command)
        loaded.append(Part(address, offset, size))
        for name, _, start, length, at, *_ in _sections(command, form):
            named.setdefault(executable.name(name), Part(start, at, length))
    return Executable(file, loaded, named, data=())


def _segments(file: BinaryIO, form: _Form) -> Iterator[bytes]:
    """The commands that load them. Each command says how long it is, and the header how long all of them are."""
    count, size = executable.header(file, 16, f"{form.order}II")
    body = stretches.read(file, form.header, min(size, MAX_TABLE))
    start = 0
    for _ in range(min(count, len(body))):
        kind, length = _command(body[start : start + 8], form)
        shortest = struct.calcsize(form.order + form.command) if kind == form.segment else 8
        if not shortest <= length <= len(body) - start:
            raise Damaged("it has a command of a strange size")
        if kind == form.segment:
            yield body[start : start + length]
        start += length


def _command(body: bytes, form: _Form) -> tuple[int, int]:
    if len(body) < 8:  # noqa: PLR2004  the two numbers with which each command begins
        raise Damaged("it ends before its commands do")
    kind, length = struct.unpack(f"{form.order}II", body)
    return kind, length


def _sections(command: bytes, form: _Form) -> Iterator[Row]:
    """They stand within the command of their segment."""
    layout = struct.Struct(form.order + form.section)
    first = struct.calcsize(form.order + form.command)
    return (layout.unpack_from(command, at) for at in range(first, len(command) - layout.size + 1, layout.size))
