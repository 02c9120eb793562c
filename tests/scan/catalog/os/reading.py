"""How these tests read: as a scan does, by asking every reader of the catalog whether it wants the file."""

import gzip
import io
from pathlib import Path

from berth.scan.catalog import READERS
from berth.scan.reading import HEAD, Contents

DATA = Path(__file__).parent / "data"


def read(path: str, body: bytes) -> Contents:
    """With the one reader that wants it, by its name or else by its bytes: random ones may begin as a program does."""
    named = [each for each in READERS if each.wants(path, b"")]
    (reader,) = named or [each for each in READERS if each.wants(path, body[:HEAD])]
    return reader.read(path, io.BytesIO(body))


def is_wanted(path: str) -> bool:
    return any(each.wants(path, b"") for each in READERS)


def unpacked(name: str) -> bytes:
    return gzip.decompress((DATA / f"{name}.gz").read_bytes())


def codes(contents: Contents) -> list[str]:
    return [each.code for each in contents.gaps]
