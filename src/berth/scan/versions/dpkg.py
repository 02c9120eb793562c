"""Versions of Debian packages, deb-version(7): `[epoch:]version[-revision]`.

What dpkg refuses is refused; what it only warns of (an underscore, a letter at the beginning) is compared as it does.
"""

import re

from berth.scan.versions.ordered import Key, VersionInvalid

MAX_EPOCH = 2**31 - 1

_EPOCH = re.compile(r"\+?[0-9]+")
_PAIR = re.compile(r"([^0-9]*)([0-9]*)")


def key(version: str) -> Key:
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "0", version
    if not _EPOCH.fullmatch(epoch) or int(epoch) > MAX_EPOCH:
        raise VersionInvalid(version, f"its epoch is not a number up to {MAX_EPOCH}")
    upstream, dash, revision = rest.rpartition("-")
    if not dash:
        upstream, revision = rest, "0"
    if not upstream or not revision:
        raise VersionInvalid(version, "a part of it is empty")
    return int(epoch), _order(upstream), _order(revision)


def _order(part: str) -> tuple[int, ...]:
    """Characters and numbers by turns, each run of characters with a 0 behind it, below which only a tilde sorts."""
    order: list[int] = []
    for characters, number in _PAIR.findall(part)[:-1]:
        order.extend(map(_weight, characters))
        order += (0, int(number or 0))
    return (*order, 0)


def _weight(character: str) -> int:
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 256
