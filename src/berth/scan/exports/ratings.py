"""Scores and what made them, as other formats say them."""

import re

from berth.scan.matches import Vulnerability
from berth.words.policies import Level

HIGHEST = 10.0

_BANDS = ((9.0, Level.CRITICAL), (7.0, Level.HIGH), (4.0, Level.MEDIUM), (0.1, Level.LOW))
_MIDDLES = {Level.CRITICAL: 9.5, Level.HIGH: 8.0, Level.MEDIUM: 5.5, Level.LOW: 2.0, Level.NEGLIGIBLE: 0.1}
_METHODS = (
    (re.compile(r"CVSS:4\."), "CVSSv4"),
    (re.compile(r"CVSS:3\.1"), "CVSSv31"),
    (re.compile(r"CVSS:3\."), "CVSSv3"),
    (re.compile(r"\(?AV:[LAN]/AC:[HML]/Au:"), "CVSSv2"),
)


def score(vulnerability: Vulnerability) -> float | None:
    """None where there is none, or one that CVSS does not have: scanners tell strange things too, `NaN` among them."""
    value = vulnerability.score
    return value if value is not None and 0 <= value <= HIGHEST else None


def score_for(level: Level, score: float | None) -> float:
    """A score that others take for this level: the vulnerability's own where it says the same, else one in between.

    A distribution may rate lower than CVSS does; what code scanning shows is then the level that is shown here.
    """
    if score is not None and _band(score) == level:
        return score
    return _MIDDLES.get(level, 0.0)


def method(vector: str) -> str:
    """As CycloneDX names it."""
    return next((name for pattern, name in _METHODS if pattern.match(vector)), "other")


def _band(score: float) -> Level:
    return next((level for least, level in _BANDS if score >= least), Level.NONE)
