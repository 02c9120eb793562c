"""ELF, the programs of Linux (elf(5)): of 32 and 64 bits, in either order of bytes."""

import struct
from collections.abc import Sequence
from typing import BinaryIO

from berth.scan.catalog.gathered import Damaged
from berth.scan.catalog.languages import executable, stretches
from berth.scan.catalog.languages.executable import LONGEST_NAME, MAX_TABLE, Executable, Part

_MAGIC = b"\x7fELF"
_WIDE, _BIG_ENDIAN = 2, 2  # ELFCLASS64, ELFDATA2MSB
_PROGRAMS = frozenset({2, 3})  # ET_EXEC and ET_DYN; kernel modules and what waits for a linker are neither
_LOADED, _WRITABLE = 1, 2  # PT_LOAD, PF_W
_NOT_IN_FILE = 8  # SHT_NOBITS; all sections are so in files that hold symbols only


def is_program(head: bytes) -> bool:
    if not head.startswith(_MAGIC) or len(head) < 18:  # noqa: PLR2004  the kind ends at byte 18
        return False
    return struct.unpack_from(f"{_order(head)}H", head, 16)[0] in _PROGRAMS


def read(file: BinaryIO, head: bytes) -> Executable:
    order, wide = _order(head), head[4] == _WIDE
    fields = executable.header(file, 16, f"{order}{'HHIQQQIHHHHHH' if wide else 'HHIIIIIHHHHHH'}")
    _, _, _, _, program_table, section_table, _, _, program_row, programs, section_row, sections, names = fields
    segments = _segments(file, (program_table, programs, program_row), order, wide=wide)
    named = _sections(file, (section_table, sections if section_table else 0, section_row), names, order, wide=wide)
    writable = [part for part, flags in segments if flags & _WRITABLE]
    # What has sections names all it has; without any, the data of a program may hold what is looked for.
    return Executable(file, [part for part, _ in segments], named, data=[] if named else writable)


def _order(head: bytes) -> str:
    return ">" if head[5] == _BIG_ENDIAN else "<"


def _segments(file: BinaryIO, place: tuple[int, int, int], order: str, *, wide: bool) -> Sequence[tuple[Part, int]]:
    found = []
    for row in executable.table(file, *place, f"{order}{'IIQQQQ' if wide else 'IIIIIII'}"):
        if wide:
            kind, flags, offset, address, _, size = row
        else:
            kind, offset, address, _, size, _, flags = row
        if kind == _LOADED:
            found.append((Part(address, offset, size), flags))
    return found


def _sections(file: BinaryIO, place: tuple[int, int, int], names: int, order: str, *, wide: bool) -> dict[str, Part]:
    rows = list(executable.table(file, *place, f"{order}{'IIQQQQ' if wide else 'IIIIII'}"))
    if names >= len(rows):
        return {}
    *_, offset, size = rows[names]
    texts = stretches.read(file, offset, min(size, MAX_TABLE))
    if len(texts) < size:
        raise Damaged("it ends before the names of its sections do")
    found: dict[str, Part] = {}
    for name, kind, _, address, where, length in rows:
        if kind != _NOT_IN_FILE:
            found.setdefault(executable.name(texts[name : name + LONGEST_NAME]), Part(address, where, length))
    return found
