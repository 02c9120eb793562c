"""Where records come from: folders and archives that are laid out as OSV's bulk export is, and bundles.

    <folder>/<Ecosystem>/<ID>.json        one record each; `Rocky%20Linux` is `Rocky Linux`
    <folder>/<Ecosystem>/all.zip          instead of these
    all.zip                               of one ecosystem, or of all with <Ecosystem>/<ID>.json inside
    a bundle                              the same with a manifest, see `bundles`

What comes out is the same whatever went in: pairs of an ecosystem, empty where the source does not say, and a record.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from berth.scan.advisories import archives, bundles
from berth.scan.advisories.archives import SourceRefused
from berth.scan.advisories.records import MAX_BYTES

Records = Iterator[tuple[str, bytes]]

ALL = "all.zip"
TOO_LONG = MAX_BYTES + 1
"""So many bytes of a record are read: one more than is taken tells whoever parses it."""


def records(path: Path, ecosystem: str = "") -> Records:
    """Of a folder, an archive or a bundle, whichever it is. Raises `SourceRefused`, also while they are read."""
    return folder(path) if path.is_dir() else archive(path, ecosystem)


def folder(path: Path) -> Records:
    for each in sorted(path.iterdir()):
        if each.is_dir():
            yield from _ecosystem(each, unquote(each.name))
        elif each.suffix == ".json":
            yield "", _read(each)


def _ecosystem(path: Path, name: str) -> Records:
    if (path / ALL).is_file():
        yield from archive(path / ALL, name)
        return
    for each in sorted(path.glob("*.json")):
        yield name, _read(each)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(TOO_LONG)


def bundle(path: Path) -> Records:
    """Of a bundle and of nothing else."""
    return archive(path, must_be_bundle=True)


def archive(path: Path, ecosystem: str = "", *, must_be_bundle: bool = False) -> Records:
    """Where there is a manifest it is checked as a whole before the first record comes out."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise SourceRefused(f"{path.name} cannot be read: {error.strerror}") from None
    with file, archives.opened(file) as members:
        if must_be_bundle or bundles.is_bundle(members):
            bundles.check(members)
        for member in members.infolist():
            name = PurePosixPath(member.filename)
            if name.suffix == ".json" and member.filename != bundles.MANIFEST:
                inside = unquote(name.parts[-2]) if len(name.parts) > 1 else ""
                yield inside or ecosystem, archives.read(members, member, TOO_LONG)
