"""Versions of Python packages, by their specification; those from before it sort below all others.

The old ones have the order that setuptools gave them.
"""

import re
from collections.abc import Iterator

from packaging.version import InvalidVersion, Version

from berth.scan.versions.ordered import Key

_PART = re.compile(r"[0-9]+|[a-z]+|[.-]|[^0-9a-z.-]+")
_SAME = {"pre": "c", "preview": "c", "rc": "c", "-": "final-", "dev": "@"}


def key(version: str) -> Key:
    try:
        return True, Version(version)
    except InvalidVersion:
        return False, _legacy(version.lower())


def _legacy(version: str) -> tuple[str, ...]:
    """Words with a star in front, which sorts them below numbers; dashes and zeros do not count before a word."""
    parts: list[str] = []
    for part in _legacy_parts(version):
        if part.startswith("*"):
            while part < "*final" and parts and parts[-1] == "*final-":
                parts.pop()
            while parts and parts[-1] == "00000000":
                parts.pop()
        parts.append(part)
    return tuple(parts)


def _legacy_parts(version: str) -> Iterator[str]:
    for part in _PART.findall(version):
        if part.isdigit():
            yield part.zfill(8)
        elif part != ".":
            yield f"*{_SAME.get(part, part)}"
    yield "*final"
