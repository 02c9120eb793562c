"""The levels of other scanners, in their words. What they do not have, or we do not know, is unknown."""

from typing import Final

from berth.words.policies import Level

_TRIVY: Final = {
    "LOW": Level.LOW,
    "MEDIUM": Level.MEDIUM,
    "HIGH": Level.HIGH,
    "CRITICAL": Level.CRITICAL,
}
_WORDS: Final = {
    "negligible": Level.NEGLIGIBLE,
    "low": Level.LOW,
    "medium": Level.MEDIUM,
    "high": Level.HIGH,
    "critical": Level.CRITICAL,
}


def of_trivy(word: str, source: str = "", own: Level = Level.UNKNOWN) -> Level:
    """Of Trivy's `Severity` and `SeveritySource`.

    For Debian it says `LOW` of what is unimportant too; `own`, the level by our own advisories, tells them apart.
    """
    level = _TRIVY.get(word.upper(), Level.UNKNOWN)
    if level is Level.LOW and source == "debian" and own is Level.NEGLIGIBLE:
        return Level.NEGLIGIBLE
    return level


def of_grype(word: str) -> Level:
    return _WORDS.get(word.lower(), Level.UNKNOWN)


def of_harbor(word: str) -> Level:
    return _WORDS.get(word.lower(), Level.UNKNOWN)
