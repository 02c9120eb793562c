"""Versions by SemVer 2, and the two ecosystems that differ from it a little.

More or fewer numbers than three are taken, missing ones are 0, and a `v` in front is not looked at: advisories write
`0` or `1.2`, and NuGet has a fourth number.
"""

import re
from typing import NamedTuple

from berth.scan.versions.ordered import Key, VersionInvalid

_WORDS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_SHAPE = re.compile(rf"[vV]?([0-9]+(?:\.[0-9]+)*)(?:(?:-|(?=[A-Za-z]))({_WORDS}))?(?:\+({_WORDS}))?")

_Word = tuple[bool, int, str]


class _Parts(NamedTuple):
    numbers: tuple[int, ...]
    released: bool
    prerelease: tuple[_Word, ...]
    build: tuple[_Word, ...]


def key(version: str) -> Key:
    """What is built of one version is all the same, so build metadata does not count."""
    return _parts(version)[:3]


def nuget(version: str) -> Key:
    """As `key`, and the case of letters does not count."""
    numbers, released, prerelease, _ = _parts(version)
    return numbers, released, tuple((is_word, number, word.lower()) for is_word, number, word in prerelease)


def pub(version: str) -> Key:
    """As `key`, then by build metadata, of which none is the least."""
    return _parts(version)


def _parts(version: str) -> _Parts:
    shape = _SHAPE.fullmatch(version)
    if shape is None:
        raise VersionInvalid(version, "it is not numbers with dots between them, and what may follow those")
    numbers = [int(each) for each in shape[1].split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return _Parts(tuple(numbers), not shape[2], _words(shape[2]), _words(shape[3]))


def _words(text: str | None) -> tuple[_Word, ...]:
    """Numbers sort below words."""
    words = text.split(".") if text else []
    return tuple((False, int(each), "") if each.isdigit() else (True, 0, each) for each in words)
