"""Findings that are judged, counted in one number: of all digests of an image there are too many for tallies.

    |  second grace  |  first grace  |  waived  |       each a part of `JUDGED` cells of `BITS` bits

A finding is a one in its cell, so packages of it are a product, and findings together are a sum.
"""

from berth.restriction.sparing import Finding
from berth.scan.tally import CELLS, KINDS, Tally, cell
from berth.words.policies import Level

JUDGED = tuple(
    cell(kind, level, fixed=fixed)
    for kind in KINDS
    for fixed in (False, True)
    for level in (Level.HIGH, Level.CRITICAL)
)
"""The cells of a tally that count for pulls."""
BITS = 40
"""More findings than a digest can have: no cell runs over into the next, nor takes its highest bit."""
PART = BITS * len(JUDGED)
_SHIFTS = {place: BITS * number for number, place in enumerate(JUDGED)}
_CELL = (1 << BITS) - 1
_GUARDS = sum(1 << shift + BITS - 1 for shift in _SHIFTS.values())


def one(finding: Finding) -> int:
    """A Critical or High finding."""
    return 1 << _SHIFTS[cell(finding.kind, finding.level, fixed=bool(finding.fixed_version))]


def part(summed: int, number: int) -> int:
    return summed >> PART * number & (1 << PART) - 1


def of_text(tally: str) -> int:
    """From a tally as its column has it."""
    cells = tally.split(",")
    if len(cells) != CELLS:
        return 0
    return sum(int(cells[place].strip("[ ]")) << shift for place, shift in _SHIFTS.items())


def less(counted: int, spared: int) -> int:
    """What is left, cell by cell; where more is spared than was counted, nothing is."""
    left = (counted | _GUARDS) - spared
    if left & _GUARDS == _GUARDS:
        return left ^ _GUARDS
    cells = ((counted >> shift & _CELL, spared >> shift & _CELL, shift) for shift in _SHIFTS.values())
    return sum(max(mine - theirs, 0) << shift for mine, theirs, shift in cells)


def tally(counted: int) -> Tally:
    cells = [0] * CELLS
    for place, shift in _SHIFTS.items():
        cells[place] = counted >> shift & _CELL
    return Tally(tuple(cells))
