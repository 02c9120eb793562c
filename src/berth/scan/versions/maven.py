"""Versions of Maven artifacts, in the order that the reference of pom.xml specifies and OSV judges by.

It goes in circles where a word follows a dot: `1.x < 1-alpha < 1 < 1.x`. Of other versions it is an order.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Self

from berth.scan.versions.ordered import Key

_PART = re.compile(r"(^|[.-])([^.-]*)")
_RUN = re.compile(r"[0-9]+|[^0-9]+")

_SHORT = {"a": "alpha", "b": "beta", "m": "milestone"}
"""Only where a number follows at once."""
_SAME = {"cr": "rc", "ga": "", "final": "", "release": ""}
_KNOWN = ("alpha", "beta", "milestone", "rc", "snapshot", "", "sp")
_EMPTY = _KNOWN.index("")

# What may stand at one place, the least first.
_DOT_WORD, _DASH_WORD, _DASH_NUMBER, _DOT_NUMBER = range(4)

_NOTHING = {(_DOT_WORD, _EMPTY), (_DASH_WORD, _EMPTY), (_DASH_NUMBER, 0), (_DOT_NUMBER, 0)}

_Token = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class _Tokens:
    """The shorter of two is filled up with what means nothing beside the other's token."""

    tokens: tuple[_Token, ...]

    def __lt__(self, other: Self) -> bool:
        for ours, theirs in zip_longest(self.tokens, other.tokens):
            left, right = ours or _nothing(theirs), theirs or _nothing(ours)
            if left != right:
                return bool(left < right)
        return False


def _nothing(beside: _Token) -> _Token:
    if beside[0] == _DOT_NUMBER:
        return _DOT_NUMBER, 0, ""
    return min(beside[0], _DASH_WORD), _EMPTY, ""


def key(version: str) -> Key:
    tokens: list[_Token] = []
    for token in _tokens(version.lower()):
        if token[0] in {_DASH_WORD, _DASH_NUMBER}:
            _trim(tokens)
        tokens.append(token)
    _trim(tokens)
    return _Tokens(tuple(tokens))


def _trim(tokens: list[_Token]) -> None:
    """What means nothing does not count at the end, nor before a dash. The first token always does."""
    while len(tokens) > 1 and tokens[-1][:2] in _NOTHING:
        tokens.pop()


def _tokens(version: str) -> Iterator[_Token]:
    """Where digits and other characters meet is a dash; nothing between two marks is a 0."""
    for mark, part in _PART.findall(version):
        runs = _RUN.findall(part) or ["0"]
        for index, run in enumerate(runs):
            dash = mark == "-" or index > 0
            if run.isdigit():
                yield (_DASH_NUMBER if dash else _DOT_NUMBER), int(run), ""
            else:
                yield (_DASH_WORD if dash else _DOT_WORD), *_word(run, before_number=index + 1 < len(runs))


def _word(text: str, *, before_number: bool) -> tuple[int, str]:
    """Known words by their order, all others behind them by the alphabet."""
    word = _SHORT.get(text, text) if before_number else text
    word = _SAME.get(word, word)
    return (_KNOWN.index(word), "") if word in _KNOWN else (len(_KNOWN), word)
