"""What cargo-auditable puts into programs of Rust: JSON, compressed with zlib, in a section of its own.

https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md says how.
"""

import zlib
from collections.abc import Iterator

from berth.scan.catalog.gathered import Damaged, Exhausted
from berth.scan.catalog.languages import documents, found, stretches
from berth.scan.catalog.languages.executable import Executable
from berth.scan.inventory import Package

_SECTION = ".dep-v0"
_LIMIT = 8 * 2**20
"""Bytes, compressed as well as not: as cargo-auditable itself has it."""


def packages(path: str, program: Executable) -> Iterator[Package]:
    section = program.sections.get(_SECTION)
    if section is None or not section.size:
        return
    packed = stretches.read(program.file, section.offset, min(section.size, _LIMIT))
    document = documents.table(documents.parse(_inflated(packed)), "its list of crates")
    crates = document.get("packages")
    if not isinstance(crates, list):
        raise Damaged("its list of crates has no packages")
    for each in crates:
        # What built it is not in it.
        if isinstance(each, dict) and each.get("kind", "runtime") == "runtime":
            package = found.package("cargo", path, each.get("name"), each.get("version"))
            if package is None:
                raise Damaged("a crate in it lacks a name or a version")
            yield package


def _inflated(packed: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        body = inflater.decompress(packed, _LIMIT)
    except zlib.error:
        raise Damaged("its list of crates cannot be inflated") from None
    if not inflater.eof:
        raise Exhausted(f"its list of crates is cut, or has {_LIMIT} bytes or more")
    return body
