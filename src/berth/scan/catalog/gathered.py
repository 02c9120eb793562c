"""What a reader finds one by one, gathered within limits, and what went wrong on the way as a gap.

Readers are generators of packages and of paths that packages of the system own. One that cannot go on raises, and what
it told until then is kept: half of a package database says more than none.
"""

import time
from collections.abc import Iterator
from itertools import islice

from berth.scan.catalog import plain
from berth.scan.inventory import Gap, Package
from berth.scan.reading import Contents

MOST = 200_000
"""Packages and owned paths of one file."""


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
        for each in _within(MOST, told):
            if isinstance(each, Package):
                packages.append(each)
            else:
                owns.append(each)
    except Damaged as error:
        gaps.append(Gap("damaged", f"{_shown(path)} is damaged: {error}."))
    except Exhausted as error:
        gaps.append(Gap("truncated", f"{_shown(path)} was read in part: {error}."))
    return Contents(packages=tuple(packages), owns=tuple(owns), gaps=tuple(gaps))


def _within(most: int, told: Iterator[Package | str]) -> Iterator[Package | str]:
    yield from islice(told, most)
    if next(told, None) is not None:
        raise Exhausted(f"it tells of more than {most} packages and files")


def _shown(path: str) -> str:
    return plain.text(path.encode("utf-8", "replace"), 1024)
