"""How these tests read: as a scan does, by asking every reader of language packages whether it wants the file."""

import gzip
import io
from pathlib import Path

from berth.scan.catalog.languages import READERS
from berth.scan.reading import HEAD, Contents

DATA = Path(__file__).parent / "data"


def read(path: str, body: bytes | str) -> Contents:
    """With the reader that wants it, the one by its path before the one by its bytes."""
    body = body.encode() if isinstance(body, str) else body
    reader = next(each for each in READERS if each.wants(path, body[:HEAD]))
    return reader.read(path, io.BytesIO(body))


def is_wanted(path: str, head: bytes = b"") -> bool:
    return any(each.wants(path, head) for each in READERS)


def unpacked(name: str) -> bytes:
    return gzip.decompress((DATA / f"{name}.gz").read_bytes())


def named(contents: Contents) -> list[tuple[str, str]]:
    """Name and version of each package."""
    return [(each.name, each.version) for each in contents.packages]


def codes(contents: Contents) -> list[str]:
    return [each.code for each in contents.gaps]
