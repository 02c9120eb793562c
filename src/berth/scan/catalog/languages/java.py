"""Packages of Java: archives of many names, all of them ZIP, and those within, as programs carry what they need."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from berth.scan.catalog import gathered
from berth.scan.catalog.gathered import Damaged, Exhausted
from berth.scan.catalog.languages import coordinates, found, unpacking, zips
from berth.scan.catalog.languages.coordinates import Coordinates
from berth.scan.catalog.languages.unpacking import Allowance
from berth.scan.catalog.languages.zips import Entry
from berth.scan.inventory import Package
from berth.scan.reading import Contents, Reader

_ARCHIVE = re.compile(r".+\.(?:[jwepn]ar|[jh]pi)", re.IGNORECASE | re.DOTALL)
_MANIFEST = "META-INF/MANIFEST.MF"
_DEEPEST = 3
_MAX_TEXT = 2**20
"""Bytes of a `pom.properties` or a manifest."""
_MAX_TEXTS = 64 * 2**20
"""Of all of them in one archive."""
_MAX_ALL_TEXTS = 256 * 2**20
"""Likewise, with those of all archives in it."""
_MAX_UNPACKED = 2**30
_MAX_LISTED = 1_000_000


def _is_archive(name: str) -> bool:
    return _ARCHIVE.fullmatch(name) is not None


def _read(path: str, file: BinaryIO) -> Contents:
    return gathered.contents(path, _told(path, file))


def _told(path: str, file: BinaryIO) -> Iterator[Package]:
    search, told = _Search(), set[Coordinates]()
    for each in search.archive(path, file, 0):
        package = found.package("maven", path, each.name, each.version)
        if package is not None and each not in told:
            told.add(each)
            yield package
    search.finish()


@dataclass
class _Search:
    """Through one file of an image. What is wrong with one archive in it does not hide the others."""

    unpacked: Allowance = field(default_factory=lambda: Allowance(_MAX_UNPACKED, "bytes in its archives"))
    listed: Allowance = field(default_factory=lambda: Allowance(_MAX_LISTED, "entries in its archives"))
    texts: Allowance = field(default_factory=lambda: Allowance(_MAX_ALL_TEXTS, "bytes in all descriptions"))
    troubles: int = 0
    first: Damaged | Exhausted | None = None

    def archive(self, name: str, file: BinaryIO, depth: int) -> Iterator[Coordinates]:
        try:
            yield from self._found(name, file, depth, self._chosen(file))
        except (Damaged, Exhausted) as error:
            self._note(error)

    def finish(self) -> None:
        if self.first is not None:
            more = f", and {self.troubles - 1} more like that" if self.troubles > 1 else ""
            raise type(self.first)(f"{self.first}{more}")

    def _note(self, error: Damaged | Exhausted) -> None:
        self.troubles += 1
        self.first = self.first or error

    def _chosen(self, file: BinaryIO) -> list[Entry]:
        chosen: list[Entry] = []
        try:
            for entry in zips.entries(file):
                self.listed.take(1)
                if _is_archive(entry.name) or entry.name == _MANIFEST or _is_pom(entry.name):
                    chosen.append(entry)
        except Exhausted as error:
            self._note(error)
        zips.check_apart(chosen)
        return chosen

    def _found(self, name: str, file: BinaryIO, depth: int, chosen: list[Entry]) -> Iterator[Coordinates]:
        texts = Allowance(_MAX_TEXTS, "bytes in its descriptions")
        built = [each for entry in chosen if (each := self._built(file, entry, texts)) is not None]
        yield from built
        own = self._own(name, file, chosen, texts)
        # Where others were built into it, its own may be missing among them; a guess counts if it knows its group.
        if own is not None and (not built or (own.group and not any(_is_named_for(name, each) for each in built))):
            yield own
        for entry in chosen:
            if _is_archive(entry.name):
                yield from self._within(file, entry, depth + 1)

    def _built(self, file: BinaryIO, entry: Entry, texts: Allowance) -> Coordinates | None:
        if not entry.name.endswith("pom.properties"):
            return None
        return coordinates.of_properties(entry.name, self._text(file, entry, texts))

    def _own(self, name: str, file: BinaryIO, chosen: list[Entry], texts: Allowance) -> Coordinates | None:
        manifest = next((self._text(file, entry, texts) for entry in chosen if entry.name == _MANIFEST), b"")
        poms = [coordinates.of_path(entry.name) for entry in chosen if entry.name.endswith("pom.xml")]
        return coordinates.guessed(name, coordinates.main_section(manifest), [each for each in poms if all(each)])

    def _text(self, file: BinaryIO, entry: Entry, texts: Allowance) -> bytes:
        try:
            body = unpacking.beginning(file, entry, _MAX_TEXT, texts)
            self.texts.take(len(body))
        except (Damaged, Exhausted) as error:
            self._note(error)
            return b""
        return body

    def _within(self, file: BinaryIO, entry: Entry, depth: int) -> Iterator[Coordinates]:
        if depth > _DEEPEST:
            self._note(Exhausted(f"archives lie deeper than {_DEEPEST} in it"))
            return
        try:
            inner = unpacking.whole(file, entry, self.unpacked)
        except (Damaged, Exhausted) as error:
            self._note(error)
            return
        with inner:
            yield from self.archive(entry.name, inner, depth)


def _is_pom(name: str) -> bool:
    return name.rpartition("/")[2] in {"pom.properties", "pom.xml"}


def _is_named_for(archive: str, built: Coordinates) -> bool:
    stem = archive.rpartition("/")[2].rpartition(".")[0]
    return f"{stem}-".startswith(f"{built.artifact}-")


READER = Reader("java", lambda path, _: _is_archive(path), 512 * 2**20, _read)
