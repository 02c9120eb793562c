"""Programs that say themselves what they were built from: those of Go, and those of Rust built with cargo-auditable."""

from collections.abc import Iterator
from typing import BinaryIO

from berth.scan.catalog import gathered
from berth.scan.catalog.languages import elf, golang, macho, pe, rust
from berth.scan.catalog.languages.executable import Executable
from berth.scan.inventory import Package
from berth.scan.reading import HEAD, Contents, Reader

_FORMATS = (elf, pe, macho)


def _wants(_: str, head: bytes) -> bool:
    return any(each.is_program(head) for each in _FORMATS)


def _read(path: str, file: BinaryIO) -> Contents:
    return gathered.contents(path, _told(path, file))


def _told(path: str, file: BinaryIO) -> Iterator[Package]:
    program = _program(file)
    if program is not None:
        yield from golang.packages(path, program)
        yield from rust.packages(path, program)


def _program(file: BinaryIO) -> Executable | None:
    head = file.read(HEAD)
    return next((each.read(file, head) for each in _FORMATS if each.is_program(head)), None)


READER = Reader("binaries", _wants, 512 * 2**20, _read)
