"""Packages of Alpine, Wolfi and Chainguard: what apk keeps of the packages that are installed.

Every line is a letter, a colon and a value; a blank line ends a package. `F:` opens a folder, `R:` names a file in it.
"""

from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from berth.scan.catalog import gathered, language_paths, lines, plain
from berth.scan.catalog.gathered import Damaged
from berth.scan.inventory import Package
from berth.scan.reading import Contents, Reader

_PATHS = frozenset({"lib/apk/db/installed", "usr/lib/apk/db/installed"})
_END = b"\n"
"""Ends the last package, whether or not a blank line does."""


def _read(path: str, file: BinaryIO) -> Contents:
    return gathered.contents(path, _told(path, file))


def _told(path: str, file: BinaryIO) -> Iterator[Package | str]:
    fields: dict[bytes, bytes] = {}
    lacking, strange, cut = 0, 0, False
    for line in chain(lines.read(file), (_END,)):
        cut = cut or not line.endswith(b"\n")
        letter, colon, value = line[:1], line[1:2], line[2:].strip()
        if not line.strip():
            if (package := _package(path, fields)) is not None:
                yield package
            lacking += bool(fields) and package is None
            fields = {}
        elif colon != b":" or not letter.isalpha():
            strange += 1
        elif letter != b"R":
            fields[letter] = value
        elif language_paths.tells(owned := _owned(fields.get(b"F", b""), value)):
            yield owned
    if strange or lacking:
        raise Damaged(f"{strange} of its lines are no fields, {lacking} of its entries lack a name or a version")
    if cut:
        raise Damaged("it ends in the middle of a line")


def _package(path: str, fields: dict[bytes, bytes]) -> Package | None:
    def field(letter: bytes) -> str:
        return plain.text(fields.get(letter, b""))

    name, version = field(b"P"), field(b"V")
    if not name or not version:
        return None
    return Package(
        kind="os",
        type="apk",
        name=name,
        version=version,
        source_name=field(b"o") or name,
        source_version=version,
        arch=field(b"A"),
        path=path,
        license=field(b"L"),
    )


def _owned(folder: bytes, name: bytes) -> str:
    return (folder + b"/" + name).decode("utf-8", "replace").lstrip("/")


READER = Reader("apk", lambda path, _: path in _PATHS, 64 * 2**20, _read)
