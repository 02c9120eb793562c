"""Packages of Ruby: the specifications that RubyGems keeps of installed gems, those that come with Ruby included.

They are programs, but RubyGems writes them in one form, which is read here line by line; nothing is evaluated.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from berth.scan.catalog import gathered, lines
from berth.scan.catalog.gathered import Damaged
from berth.scan.catalog.languages import found
from berth.scan.inventory import Package
from berth.scan.reading import Contents, Reader

_LIMIT = 2**20
_PATH = re.compile(r"(?:.*/)?specifications/(?:.+/)?[^/]+\.gemspec")
_TEXT = r"""(?:"([^"\\#]*)"|'([^'\\]*)'|%q\{([^{}\\]*)\}|%q<([^<>\\]*)>)"""
"""`"rake".freeze`, and in old ones `%q{rake}`."""
_TEXTS = re.compile(_TEXT)
_FIELD = re.compile(r"\s{1,8}\w{1,32}\.(name|version|licenses?)\s?=\s?(.*)", re.DOTALL)
_VALUE = re.compile(rf"(?:Gem::Version\.new\()?{_TEXT}(?:\.freeze)?\)?\s*(?:#.*)?", re.DOTALL)
_STUB = re.compile(r"# stub: (\S+) (\d\S*) ")


def _read(path: str, file: BinaryIO) -> Contents:
    return gathered.contents(path, _told(path, file))


def _told(path: str, file: BinaryIO) -> Iterator[Package]:
    fields: dict[str, str] = {}
    for line in lines.read(file):
        _put(fields, line.decode("utf-8", "replace"))
    package = found.package("gem", path, fields.get("name"), fields.get("version"), fields.get("license", ""))
    if package is None:
        raise Damaged("its name or its version is not written out in it")
    yield package


def _put(fields: dict[str, str], line: str) -> None:
    """The comment of older Ruby's sake (`# stub:`) comes first and is what RubyGems itself reads; either will do."""
    if stub := _STUB.match(line):
        fields.setdefault("name", stub[1])
        fields.setdefault("version", stub[2])
    elif field := _FIELD.match(line):
        name, value = field[1].removesuffix("s"), field[2]
        if name == "license":
            fields.setdefault(name, found.any_of(_content(each) for each in _TEXTS.finditer(value)))
        elif text := _VALUE.fullmatch(value):
            fields.setdefault(name, _content(text))


def _content(text: re.Match[str]) -> str:
    return next((each for each in text.groups() if each), "")


READER = Reader("ruby", lambda path, _: _PATH.fullmatch(path) is not None, _LIMIT, _read)
