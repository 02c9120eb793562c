"""CVSS: what the base score of a vector is, and which level that means."""

from functools import lru_cache
from typing import Final, Literal

import cvss  # type: ignore[import-untyped]  # it has no types
from cvss.exceptions import CVSSError  # type: ignore[import-untyped]  # nor here

from berth.words.policies import Level

Version = Literal["v3", "v4", "v2"]

VERSIONS: Final[tuple[Version, ...]] = ("v3", "v4", "v2")
"""In the order in which they are asked for."""

MAX_LENGTH: Final = 500
"""Of a vector; one with every metric there is has half of that."""

_READ = {"v2": cvss.CVSS2, "v3": cvss.CVSS3, "v4": cvss.CVSS4}
_HIGH, _CRITICAL = 7, 9
_MEDIUM = 4


@lru_cache(4096)
def base(version: Version, vector: str) -> float | None:
    """The base score, None of what is no vector. One advisory has the same vector for many packages."""
    if len(vector) > MAX_LENGTH:
        return None
    try:
        return float(_READ[version](vector).base_score)
    except CVSSError:
        return None


def level(version: Version, score: float) -> Level:
    if score <= 0:
        return Level.NONE
    if score < _MEDIUM:
        return Level.LOW
    if score < _HIGH:
        return Level.MEDIUM
    return Level.HIGH if score < _CRITICAL or version == "v2" else Level.CRITICAL
