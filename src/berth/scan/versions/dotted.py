"""Versions that are numbers and nothing else, of which the longer is the newer."""

import re

from berth.scan.versions.ordered import Key, VersionInvalid

_CRAN = re.compile(r"[0-9]+(?:[.-][0-9]+)*")
_HACKAGE = re.compile(r"[0-9]+(?:\.[0-9]+)*")


def cran(version: str) -> Key:
    return _numbers(_CRAN, version)


def hackage(version: str) -> Key:
    return _numbers(_HACKAGE, version)


def _numbers(shape: re.Pattern[str], version: str) -> Key:
    if not shape.fullmatch(version):
        raise VersionInvalid(version, "it is not numbers with dots between them")
    return tuple(int(each) for each in version.replace("-", ".").split("."))
