"""Versions of apk packages, apk-package(5): `number{.number}{letter}{_suffix{number}}{~hash}{-r#}`.

A number may follow the letter, as in `6.6.4p1-r0`: apk-tools 2 took that, and it is in images and advisories of then.
"""

import re

from berth.scan.versions.ordered import Key, VersionInvalid

_BEFORE = ("alpha", "beta", "pre", "rc")
_AFTER = ("cvs", "svn", "git", "hg", "p")

_SHAPE = re.compile(
    r"([0-9]+)((?:\.[0-9]+)*)(?:([a-z])([0-9]*))?"
    rf"((?:_(?:{'|'.join(_BEFORE + _AFTER)})[0-9]*)*)"
    r"(?:~([0-9a-f]+))?(?:-r([0-9]+))?"
)
_SUFFIX = re.compile(r"_([a-z]+)([0-9]*)")

# What may come next, the least first: a suffix of what comes before a release sorts below the release itself.
_PRERELEASE, _END, _REVISION, _HASH, _SUFFIX_NUMBER, _POSTRELEASE, _LETTER, _NUMBER = range(8)

_Part = tuple[int] | tuple[int, int] | tuple[int, str] | tuple[int, bool, str | int]


def key(version: str) -> Key:
    shape = _SHAPE.fullmatch(version)
    if shape is None:
        raise VersionInvalid(version, "apk does not know its form")
    first, numbers, letter, count, suffixes, commit, revision = shape.groups()
    parts: list[_Part] = [_number(each) for each in numbers.split(".")[1:]]
    if letter:
        parts.append((_LETTER, letter))
    if count:
        parts.append(_number(count))
    for word, number in _SUFFIX.findall(suffixes):
        parts.extend(_suffix(word, number))
    if commit:
        parts.append((_HASH, commit))
    if revision:
        parts.append((_REVISION, int(revision)))
    return int(first), *parts, (_END,)


def _number(text: str) -> _Part:
    """All but the first: with a zero in front of either, two are compared as decimals are, digit by digit."""
    return (_NUMBER, False, text) if text.startswith("0") else (_NUMBER, True, int(text))


def _suffix(word: str, number: str) -> list[_Part]:
    place: _Part = (_PRERELEASE, _BEFORE.index(word)) if word in _BEFORE else (_POSTRELEASE, _AFTER.index(word))
    return [place, (_SUFFIX_NUMBER, int(number))] if number else [place]
