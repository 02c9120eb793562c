"""Versions of PHP packages: the order of PHP's version_compare, in the spellings that Composer takes for the same."""

import re

from berth.scan.versions.ordered import Key, VersionInvalid

_SHAPE = re.compile(r"v?([0-9a-z][0-9a-z._-]*)(?:\+[0-9a-z.+_-]+)?", re.IGNORECASE)
_SEGMENT = re.compile(r"[0-9]+|[a-z]+")

# What may stand at one place, the least first; a word is known by its beginning, and an unknown one is the least.
_UNKNOWN, _END, _NUMBER, _PATCH = 0, 5, 6, 7
_WORDS = (("dev", 1), ("a", 2), ("b", 3), ("rc", 4), ("p", _PATCH))


def key(version: str) -> Key:
    shape = _SHAPE.fullmatch(version)
    if shape is None:
        raise VersionInvalid(version, "Composer does not know its form")
    text = re.sub(r"[._-]?stable$", "", shape[1].lower())
    return *map(_segment, _SEGMENT.findall(text)), (_END, 0)


def _segment(text: str) -> tuple[int, int]:
    if text.isdigit():
        return _NUMBER, int(text)
    return next((place for start, place in _WORDS if text.startswith(start)), _UNKNOWN), 0
