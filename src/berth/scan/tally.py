"""How many findings a digest has, counted so that every policy can be applied without reading one of them.

A finding is counted in one of 28 cells: of the system or of a language, with a fix or without, at one of seven levels.
What an exclusion policy hides are whole cells (SPEC 4.1), so a change of policy needs no new count.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from berth.scan.hiding import LEVELS, RANKS, hides
from berth.scan.inventory import Kind
from berth.words.policies import Level, ScanPolicy

KINDS: tuple[Kind, ...] = ("os", "language")
CELLS = len(KINDS) * 2 * len(LEVELS)


@dataclass(frozen=True)
class Counts:
    """What is left under a policy."""

    levels: Mapping[Level, int]
    fixable: int
    hidden: int
    """Left out by the policy."""

    @property
    def total(self) -> int:
        return sum(self.levels.values())


@dataclass(frozen=True)
class Tally:
    cells: tuple[int, ...] = field(default=(0,) * CELLS)

    @classmethod
    def of(cls, findings: Iterable[tuple[Kind, bool, Level, int]]) -> Self:
        """From kinds, whether there is a fix, levels, and how many of that."""
        cells = [0] * CELLS
        for kind, fixed, level, count in findings:
            cells[cell(kind, level, fixed=fixed)] += count
        return cls(tuple(cells))

    @classmethod
    def from_json(cls, document: list[int] | None) -> Self:
        return cls(tuple(document)) if document else cls()

    def to_json(self) -> list[int]:
        return list(self.cells)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(tuple(mine + theirs for mine, theirs in zip(self.cells, other.cells, strict=True)))

    def under(self, policy: ScanPolicy, *, fixed_alone: bool = False) -> Counts:
        """What the policy leaves; with `fixed_alone` what has no fix is left out beside it, and counts as hidden."""
        levels = dict.fromkeys(LEVELS, 0)
        fixable = 0
        for place, count in enumerate(self.cells):
            kind, fixed, level = _CELL[place]
            if count and (fixed or not fixed_alone) and hides(policy, kind, level, fixed=fixed) is None:
                levels[level] += count
                fixable += count * fixed
        return Counts(levels, fixable, sum(self.cells) - sum(levels.values()))


def visible(policy: ScanPolicy, levels: Collection[Level]) -> list[int]:
    """The cells of these levels that the policy leaves."""
    return [
        place
        for place, (kind, fixed, level) in enumerate(_CELL)
        if level in levels and hides(policy, kind, level, fixed=fixed) is None
    ]


def cell(kind: Kind, level: Level, *, fixed: bool) -> int:
    return (KINDS.index(kind) * 2 + fixed) * len(LEVELS) + RANKS[level]


_CELL = tuple((kind, fixed, level) for kind in KINDS for fixed in (False, True) for level in LEVELS)
