"""Versions of Go modules, which are SemVer with a `v`, and of Go itself, which are not quite: `go1.21rc2`."""

import re

from berth.scan.versions import semver
from berth.scan.versions.ordered import Key

_TOOLCHAIN = re.compile(r"(?:go)?([0-9]+(?:\.[0-9]+)*)(?:(rc|beta)([0-9]+))?")


def key(version: str) -> Key:
    """The vulnerability database of Go writes `1.21.0-rc.2` for what the toolchain calls `go1.21rc2`."""
    toolchain = _TOOLCHAIN.fullmatch(version)
    if toolchain is None:
        return semver.key(version)
    numbers, word, number = toolchain.groups()
    return semver.key(f"{numbers}-{word}.{number}" if word else numbers)
