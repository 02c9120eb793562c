"""Findings that are judged, added up as one number: of all digests of an image there are too many for tallies.

    |  graces ...  |  first grace  |  waived  |       each a part of `JUDGED` cells of `BITS` bits

A finding is a one in its cell, so many packages are a product, and findings together are a sum.
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
"""More findings than a digest can have: no cell runs over into the next."""
_PLACES = {place: number for number, place in enumerate(JUDGED)}
_CELL = (1 << BITS) - 1


def one(finding: Finding, part: int) -> int:
    """A Critical or High finding in a part."""
    place = _PLACES[cell(finding.kind, finding.level, fixed=bool(finding.fixed_version))]
    return 1 << BITS * (part * len(JUDGED) + place)


def tally(packed: int, part: int) -> Tally:
    """What is in a part."""
    cells = [0] * CELLS
    for number, place in enumerate(JUDGED):
        cells[place] = packed >> BITS * (part * len(JUDGED) + number) & _CELL
    return Tally(tuple(cells))
