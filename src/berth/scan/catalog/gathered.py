"""What a reader finds one by one, gathered within limits, and what went wrong on the way as a gap.

Readers are generators of packages and of paths that packages of the system own. One that cannot go on raises, and what
it told until then is kept: half of a package database says more than none.
"""

import time
from collections.abc import Iterator

from berth.scan.catalog import plain
from berth.scan.inventory import Gap, Package
from berth.scan.reading import Contents

MOST = 200_000
"""Packages and owned paths of one file."""
MOST_TEXT = 32 * 2**20
"""Characters of them all. A folder that is named once may stand before the names of many files."""


class Damaged(Exception):
    """A file is not what it claims to be; the text says how."""


class Exhausted(Exception):
    """A file asks for more than anyone would need; the text says of what."""


class Deadline:
    """How long the reading of one file may take, however it was made."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends = time.monotonic() + seconds

    @property
    def passed(self) -> bool:
        return time.monotonic() > self._ends

    def check(self) -> None:
        if self.passed:
            raise Exhausted(f"it was not read within {self._seconds:g} seconds")


def contents(path: str, told: Iterator[Package | str]) -> Contents:
    """Gathers packages and, as strings, owned paths. Never raises what a reader raises for a bad file."""
    packages: list[Package] = []
    owns: list[str] = []
    gaps: list[Gap] = []
    try:
        for each in _within(told):
            if isinstance(each, Package):
                packages.append(each)
            else:
                owns.append(each)
    except Damaged as error:
        gaps.append(Gap("damaged", f"{_shown(path)} is damaged: {error}."))
    except Exhausted as error:
        gaps.append(Gap("truncated", f"{_shown(path)} was read in part: {error}."))
    return Contents(packages=tuple(packages), owns=tuple(owns), gaps=tuple(gaps))


def _within(told: Iterator[Package | str]) -> Iterator[Package | str]:
    characters = 0
    for count, each in enumerate(told):
        characters += _weight(each)
        if count >= MOST or characters > MOST_TEXT:
            raise Exhausted(f"it tells of more than {MOST} packages and files, or has much to say of them")
        yield each


def _weight(each: Package | str) -> int:
    if isinstance(each, str):
        return len(each)
    texts = (each.name, each.version, each.source_name, each.source_version, each.arch, each.license, each.vendor)
    return sum(map(len, texts))


def _shown(path: str) -> str:
    return plain.text(path.encode("utf-8", "replace"), 1024)
