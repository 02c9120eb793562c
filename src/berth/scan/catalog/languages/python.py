"""Packages of Python: the metadata that pip, setuptools and distutils leave beside what they install.

It looks like a message: fields, of which one may go on in lines that begin with a space, then a blank line and a text.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from berth.scan.catalog import gathered
from berth.scan.catalog.gathered import Damaged
from berth.scan.catalog.languages import found
from berth.scan.inventory import Package
from berth.scan.reading import Contents, Reader

_PATH = re.compile(r"(?:.*\.dist-info/METADATA|.*\.egg-info(?:/PKG-INFO)?|(?:.*/)?EGG-INFO/PKG-INFO)")
_HEAD = 64 * 1024
"""Bytes of a file that are looked at. Behind the fields come whole handbooks, so the limit of the reader is far
greater: leaving those out is no gap."""
_LICENSE = "License :: "
_LINE_ENDS = re.compile(r"\r\n|\r|\n")


def _read(path: str, file: BinaryIO) -> Contents:
    return gathered.contents(path, _told(path, file))


def _told(path: str, file: BinaryIO) -> Iterator[Package]:
    fields = _fields(file.read(_HEAD))
    name, version = fields.get("name", [""])[0], fields.get("version", [""])[0]
    package = found.package("pypi", path, name, version, _license(fields))
    if package is None:
        raise Damaged("it lacks a name or a version")
    yield package


def _fields(head: bytes) -> dict[str, list[str]]:
    """Values by field, in lower case. Lines that are no fields are passed over, as old tools wrote them."""
    fields: dict[str, list[str]] = {}
    values: list[str] = []
    for line in _LINE_ENDS.split(head.decode("utf-8", "replace")):
        if not line:
            break
        name, colon, value = line.partition(":")
        if line[0] in " \t" and values:
            values[-1] += "\n" + line.strip()
        elif colon:
            values = fields.setdefault(name.lower(), [])
            values.append(value.strip())
    return fields


def _license(fields: dict[str, list[str]]) -> str:
    """The expression where there is one.

    Some put the whole text of the license into its field; then a classifier says it shorter.
    """
    named = fields.get("license-expression", fields.get("license", [""]))[0]
    first, _, rest = named.partition("\n")
    classified = [each.rpartition(" :: ")[2] for each in fields.get("classifier", []) if each.startswith(_LICENSE)]
    if classified and (rest or first in {"", "UNKNOWN"}):
        return ", ".join(classified)
    return "" if first == "UNKNOWN" else first


READER = Reader("python", lambda path, _: _PATH.fullmatch(path) is not None, 2**20, _read)
