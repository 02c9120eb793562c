"""Versions of Ruby gems, in the order of Gem::Version."""

import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import Self

from berth.scan.versions.ordered import Key, VersionInvalid

_SHAPE = re.compile(r"[0-9][0-9A-Za-z]*(?:\.[0-9A-Za-z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?")
_SEGMENT = re.compile(r"[0-9]+|[A-Za-z]+")

_Segment = tuple[bool, int, str]
_ZERO: _Segment = (True, 0, "")


@dataclass(frozen=True, slots=True)
class _Segments:
    """Words sort below numbers, and the shorter of two is filled up with zeros."""

    segments: tuple[_Segment, ...]

    def __lt__(self, other: Self) -> bool:
        pairs = zip_longest(self.segments, other.segments, fillvalue=_ZERO)
        return next((ours < theirs for ours, theirs in pairs if ours != theirs), False)


def key(version: str) -> Key:
    if not _SHAPE.fullmatch(version):
        raise VersionInvalid(version, "RubyGems does not know its form")
    segments: list[_Segment] = []
    released = True
    for text in _SEGMENT.findall(version.replace("-", ".pre.")):
        if released and not text.isdigit():
            released = False
            _trim(segments)
        segments.append((True, int(text), "") if text.isdigit() else (False, 0, text))
    _trim(segments)
    return _Segments(tuple(segments))


def _trim(segments: list[_Segment]) -> None:
    """Zeros do not count before the first word, nor at the end."""
    while segments and segments[-1] == _ZERO:
        segments.pop()
