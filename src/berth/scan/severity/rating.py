"""What a record says of how bad a flaw is, and which of several counts."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

from berth.words.policies import Level

RANK: Final = {level: rank for rank, level in enumerate(Level)}
"""Levels are declared in their order, the least first."""

MALWARE: Final = "malware"
"""Source of the level of a package that is malicious as a whole."""


@dataclass(frozen=True, slots=True)
class Rating:
    level: Level = Level.UNKNOWN
    source: str = ""
    """Who rated it so; empty where nobody did."""
    score: float | None = None
    vector: str = ""
    """CVSS, the one that `score` was made from. The level may be another's, and then differ."""

    @property
    def malware(self) -> bool:
        return self.source == MALWARE


UNRATED: Final = Rating()


def highest(ratings: Collection[Rating]) -> Rating:
    """The highest level of those that rate it at all, with a score of another where it has none; `UNRATED` of none."""
    rated = [each for each in ratings if each.source]
    if not rated:
        return UNRATED
    return _scored(max(rated, key=_weight), rated)


def stronger(own: Collection[Rating], others: Collection[Rating]) -> Rating:
    """Of the records of the ecosystem that matched, unless none of them rates it: then of those that they point to.

    Each by its highest. Where the level has no score, that of the others is shown.
    """
    return _scored(highest(own), others) if any(each.source for each in own) else highest(others)


def _weight(rating: Rating) -> tuple[int, bool, float]:
    return RANK[rating.level], rating.malware, -1 if rating.score is None else rating.score


def _scored(rating: Rating, others: Collection[Rating]) -> Rating:
    scored = [each for each in others if each.score is not None]
    if rating.score is not None or not scored:
        return rating
    best = max(scored, key=_weight)
    return replace(rating, score=best.score, vector=best.vector)
