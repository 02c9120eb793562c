"""Files that somebody gives: exports and bundles of OSV records, and what makers write that OSV has not.

What a file is, is told by what is in it and never by its name.

    PK...                        an archive, see `advisories.sources`
    <updates>                    Amazon Linux
    <oval_definitions>           Oracle Linux
    [{"cve_id": ...              Photon OS
    gzip or bzip2 of one of these
"""

import bz2
import gzip
import re
import zlib
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import BinaryIO

from berth.scan.advisories import sources
from berth.scan.advisories.archives import SourceRefused
from berth.scan.advisories.sources import Records
from berth.scan.fetching import amazon, oracle, photon

PIECE = 1 << 16
MAX_UNPACKED = 4 * 1024 * 1024 * 1024
_GZIP, _BZIP2 = b"\x1f\x8b", b"BZh"
_TAG = re.compile(rb"<(?:[\w.-]+:)?([\w.-]+)[\s>]")
"""The first that is an element; declarations and comments begin with another sign."""
_LIST = "["

_MAKERS: dict[str, Callable[[Iterable[bytes]], Records]] = {
    amazon.ROOT: amazon.records,
    oracle.ROOT: oracle.records,
    _LIST: photon.records,
}


def records(path: Path, ecosystem: str = "") -> Records:
    """Of that ecosystem where an archive does not say. Raises `SourceRefused`, also while they are read."""
    with path.open("rb") as file:
        begins = file.read(4)
    if not begins.startswith((_GZIP, _BZIP2)) and b"<" not in begins and b"[" not in begins:
        return sources.archive(path, ecosystem)
    return _of_maker(path)


def _of_maker(path: Path) -> Records:
    maker = _MAKERS.get(_root(path))
    if maker is None:
        raise SourceRefused("it is neither updateinfo of Amazon, nor OVAL of Oracle, nor a list of Photon OS")
    found = False
    for each in maker(_pieces(path)):
        found = True
        yield each
    if not found:
        raise SourceRefused("it has no security advisories of Amazon Linux, Oracle Linux or Photon OS")


def _root(path: Path) -> str:
    pieces = _pieces(path)
    begins = next(pieces, b"")
    pieces.close()
    if begins.lstrip().startswith(b"["):
        return _LIST
    found = _TAG.search(begins)
    return found[1].decode("ascii", "replace") if found is not None else ""


def _pieces(path: Path) -> Generator[bytes, None, None]:
    size = 0
    try:
        with _opened(path) as file:
            while piece := file.read(PIECE):
                size += len(piece)
                if size > MAX_UNPACKED:
                    raise SourceRefused(f"it unpacks to more than {MAX_UNPACKED} bytes")
                yield piece
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise SourceRefused(f"it cannot be unpacked: {error}"[:200]) from None


def _opened(path: Path) -> gzip.GzipFile | bz2.BZ2File | BinaryIO:
    with path.open("rb") as file:
        begins = file.read(3)
    if begins.startswith(_GZIP):
        return gzip.open(path)
    return bz2.open(path) if begins.startswith(_BZIP2) else path.open("rb")
