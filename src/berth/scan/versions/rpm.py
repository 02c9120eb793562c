"""Versions of rpm packages: `[epoch:]version[-release]`, each part in the order of rpmvercmp.

A missing epoch is 0. Where rpm takes a missing release for any release, OSV and this take it for the least one.
"""

import re

from berth.scan.versions.ordered import Key

_SHAPE = re.compile(r"(?:([0-9]*):)?([^-]*)(?:-(.*))?")
_SEGMENT = re.compile(r"[~^]|[A-Za-z]+|[0-9]+")

# What may stand at one place of a part, the least first. All else only divides segments.
_TILDE, _END, _CARET, _LETTERS, _DIGITS = range(5)

_Segment = tuple[int] | tuple[int, str] | tuple[int, int]


def key(version: str) -> Key:
    shape = _SHAPE.fullmatch(version)
    assert shape is not None  # noqa: S101  each of its parts may be empty, and the first is what follows no dash
    epoch, upstream, release = shape.groups()
    return int(epoch or 0), _order(upstream), release is not None, _order(release or "")


def _order(part: str) -> tuple[_Segment, ...]:
    return (*map(_segment, _SEGMENT.findall(part)), (_END,))


def _segment(text: str) -> _Segment:
    if text.isdigit():
        return _DIGITS, int(text)
    if text == "~":
        return (_TILDE,)
    return (_CARET,) if text == "^" else (_LETTERS, text)
