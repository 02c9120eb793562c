"""PE, the programs of Windows, and the libraries of .NET on any system (Microsoft's "PE Format")."""

from typing import BinaryIO

from berth.scan.catalog.languages import executable, stretches
from berth.scan.catalog.languages.executable import Executable, Part

_MAGIC, _SIGNATURE = b"MZ", b"PE\0\0"
_AT = 0x3C
"""Where in the head it says where the header begins."""
_FARTHEST = 2**20
_HEADER, _HEADER_SIZE = "<4sHHIIIHH", 24
_OPTIONAL = "<H22sQ"
_WIDE = 0x20B
_ROW, _ROW_SIZE = "<8sIIIIIIHHI", 40
_DATA = 0x8000_0040  # IMAGE_SCN_CNT_INITIALIZED_DATA, IMAGE_SCN_MEM_WRITE


def is_program(head: bytes) -> bool:
    return head.startswith(_MAGIC) and len(head) >= _AT + 4 and _AT < _start(head) < _FARTHEST


def _start(head: bytes) -> int:
    return int.from_bytes(head[_AT : _AT + 4], "little")


def read(file: BinaryIO, head: bytes) -> Executable:
    """Of a program of DOS, which begins alike, it is empty."""
    start = _start(head)
    if stretches.read(file, start, len(_SIGNATURE)) != _SIGNATURE:
        return Executable(file, loaded=(), sections={}, data=())
    _, _, sections, _, _, _, optional, _ = executable.header(file, start, _HEADER)
    base = _base(file, start + _HEADER_SIZE) if optional else 0
    loaded: list[Part] = []
    named: dict[str, Part] = {}
    data: list[Part] = []
    for row in executable.table(file, start + _HEADER_SIZE + optional, sections, _ROW_SIZE, _ROW):
        name, in_memory, address, in_file, offset, *_, flags = row
        part = Part(base + address, offset, min(in_memory, in_file))
        loaded.append(part)
        named.setdefault(executable.name(name), part)
        if flags & _DATA == _DATA:
            data.append(part)
    return Executable(file, loaded, named, data)


def _base(file: BinaryIO, optional: int) -> int:
    kind, _, base = executable.header(file, optional, _OPTIONAL)
    return int(base if kind == _WIDE else base >> 32)
