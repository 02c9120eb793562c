"""Stanzas of dpkg: `Field: value`, more of a value in lines that begin with a space, blank lines between."""

from collections.abc import Iterator
from typing import BinaryIO

from berth.scan.catalog import lines, plain
from berth.scan.catalog.gathered import Damaged


def read(file: BinaryIO, wanted: frozenset[str], *, ended: bool) -> Iterator[dict[str, str]]:
    """The wanted fields (lower case) of every stanza, of each the first line. Raises `Damaged` after the last stanza.

    `ended`: a whole file has the end of a line at its end, so one without it was cut.
    """
    stanza: dict[str, str] | None = None
    strange, line = 0, b"\n"
    for line in lines.read(file):
        if not line.strip():
            if stanza is not None:
                yield stanza
            stanza = None
            continue
        stanza = {} if stanza is None else stanza
        if not line.startswith((b" ", b"\t")) and not _put(stanza, line, wanted):
            strange += 1
    if stanza is not None:
        yield stanza
    if strange:
        raise Damaged(f"{strange} of its lines are no fields")
    if ended and not line.endswith(b"\n"):
        raise Damaged("it ends in the middle of a line")


def _put(stanza: dict[str, str], line: bytes, wanted: frozenset[str]) -> bool:
    """Returns whether the line is a field at all."""
    name, colon, value = line.partition(b":")
    if not colon or not name.isascii():
        return False
    field = name.decode().lower()
    if field in wanted:
        stanza[field] = plain.text(value)
    return True
