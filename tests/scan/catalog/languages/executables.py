"""Programs of the three formats, as small as they can be: named sections, each loaded where it says."""

import struct
from collections.abc import Mapping

BASE = 0x40_0000
"""Where in memory the file begins: what is at an offset lies there and that much on."""
_PAGE = 4096


def elf(sections: Mapping[str, bytes], *, wide: bool = True, big: bool = False, kind: int = 3) -> bytes:
    """One segment that is writable holds all sections; the table of sections follows them."""
    order = ">" if big else "<"
    names = b"\0" + b"".join(name.encode() + b"\0" for name in (*sections, ".shstrtab"))
    body, places = _laid_out([*sections.values(), names], start=_PAGE)
    table = _PAGE + len(body)
    header = struct.pack("<4sBBB9x", b"\x7fELF", 2 if wide else 1, 2 if big else 1, 1) + struct.pack(
        f"{order}{'HHIQQQIHHHHHH' if wide else 'HHIIIIIHHHHHH'}",
        *(kind, 62, 1, 0, 64 if wide else 52, table, 0, 64 if wide else 52),
        *((56, 1, 64) if wide else (32, 1, 40)),
        *(len(places) + 1, len(places)),
    )
    loaded = (1, 6, 0, BASE, BASE, table, table, _PAGE) if wide else (1, 0, BASE, BASE, table, table, 6, _PAGE)
    segment = struct.pack(f"{order}{'IIQQQQQQ' if wide else 'IIIIIIII'}", *loaded)
    rows = [bytes(64 if wide else 40)]
    for name, (offset, size) in zip((*sections, ".shstrtab"), places, strict=True):
        fields = (names.index(b"\0" + name.encode() + b"\0") + 1, 1, 3, BASE + offset, offset, size, 0, 0, 16, 0)
        rows.append(struct.pack(f"{order}{'IIQQQQIIQQ' if wide else 'IIIIIIIIII'}", *fields))
    return (header + segment).ljust(_PAGE, b"\0") + body + b"".join(rows)


def pe(sections: Mapping[str, bytes], *, wide: bool = True) -> bytes:
    """All sections hold data that may be written."""
    body, places = _laid_out(list(sections.values()), start=_PAGE)
    optional = struct.pack("<H22xQ", 0x20B, BASE) if wide else struct.pack("<H26xI", 0x10B, BASE)
    header = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x80)
    header = header.ljust(0x80, b"\0") + struct.pack("<4sHHIIIHH", b"PE\0\0", 0x8664, len(places), 0, 0, 0, 96, 2)
    header += optional.ljust(96, b"\0")
    for name, (offset, size) in zip(sections, places, strict=True):
        header += struct.pack("<8sIIIIIIHHI", name.encode(), size, offset, size, offset, 0, 0, 0, 0, 0xC000_0040)
    return header.ljust(_PAGE, b"\0") + body


def macho(sections: Mapping[str, bytes], *, wide: bool = True, big: bool = False) -> bytes:
    order = ">" if big else "<"
    body, places = _laid_out(list(sections.values()), start=_PAGE)
    commands = b""
    for name, (offset, size) in zip(sections, places, strict=True):
        place = (name.encode(), b"__DATA", BASE + offset, size, offset, 4, 0, 0, 0, 0, 0)
        section = struct.pack(f"{order}{'16s16sQQIIIIIII4x' if wide else '16s16sIIIIIIIII'}", *place)
        layout = f"{order}{'II16sQQQQIIII' if wide else 'II16sIIIIIIII'}"
        length = struct.calcsize(layout) + len(section)
        where = (b"__DATA", BASE + offset, size, offset, size, 3, 3, 1, 0)
        commands += struct.pack(layout, 0x19 if wide else 0x1, length, *where) + section
    magic = 0xFEED_FACF if wide else 0xFEED_FACE
    header = struct.pack(f"{order}IIIIIII", magic, 7, 3, 2, len(places), len(commands), 0) + (
        b"\0" * 4 if wide else b""
    )
    return (header + commands).ljust(_PAGE, b"\0") + body


def _laid_out(parts: list[bytes], start: int) -> tuple[bytes, list[tuple[int, int]]]:
    """The parts one behind the other, each at a multiple of 16; and of each where it lies and how long it is."""
    body, places = b"", []
    for part in parts:
        places.append((start + len(body), len(part)))
        body += part + b"\0" * (-len(part) % 16)
    return body, places
