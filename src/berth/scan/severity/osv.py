"""The rating of an OSV record: what its vendor says first, then what its CVSS vectors mean.

Records are what others wrote: a field that has another shape than it should is as good as not there.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any, Final

from berth.scan.severity import scores
from berth.scan.severity.rating import MALWARE, UNRATED, Rating, highest
from berth.words.policies import Level

JSON = dict[str, Any]  # Any: a JSON object from outside

MAX_SEVERITIES: Final = 20
"""So many are looked at in one place. Records have up to four, and each is read again for every package."""

_DEBIAN: Final = {
    "unimportant": Level.NEGLIGIBLE,
    "low": Level.LOW,
    "medium": Level.MEDIUM,
    "high": Level.HIGH,
}
_UBUNTU: Final = {
    "negligible": Level.NEGLIGIBLE,
    "low": Level.LOW,
    "medium": Level.MEDIUM,
    "high": Level.HIGH,
    "critical": Level.CRITICAL,
}
_WORDS: Final = {
    "low": Level.LOW,
    "moderate": Level.MEDIUM,
    "medium": Level.MEDIUM,
    "important": Level.HIGH,
    "critical": Level.CRITICAL,
}
_GHSA: Final = {
    "low": Level.LOW,
    "moderate": Level.MEDIUM,
    "high": Level.HIGH,
    "critical": Level.CRITICAL,
}

_WITH_WORDS: Final = {
    "AlmaLinux": "almalinux",
    "Amazon": "amazon",
    "Amazon Linux": "amazon",
    "Oracle": "oracle",
    "Oracle Linux": "oracle",
    "Red Hat": "redhat",
    "Rocky Linux": "rocky",
    "SUSE": "suse",
    "openSUSE": "suse",
}
_FIRST_WORD = re.compile(r"([A-Za-z]+):")


def rate(record: JSON, affected: JSON) -> Rating:
    """What the record says of one entry of its `affected`; of an empty one: the highest of what it says of any.

    `UNRATED` where it says nothing, so that the rating can be taken from the records that it points to.
    """
    entries = [affected] if affected else [each for each in _objects(record.get("affected")) if each]
    return highest([_rate(record, each) for each in entries or [{}]])


def _rate(record: JSON, affected: JSON) -> Rating:
    measured = _measured(record, affected)
    level, source = _said(record, affected)
    return measured if level is None else replace(measured, level=level, source=source)


def _said(record: JSON, affected: JSON) -> tuple[Level | None, str]:
    name = _text(record.get("id"))
    if name.startswith("MAL-"):
        return Level.CRITICAL, MALWARE
    ecosystem = _text(_object(affected.get("package")).get("ecosystem")).partition(":")[0]
    if ecosystem == "Debian":
        return _DEBIAN.get(_word(affected, "ecosystem_specific", "urgency").rstrip("*")), "debian"
    if ecosystem == "Ubuntu":
        return _UBUNTU.get(_ubuntu(record, affected)), "ubuntu"
    if ecosystem in _WITH_WORDS:
        return _vendor(record, affected), _WITH_WORDS[ecosystem]
    if name.startswith("GHSA-"):
        return _GHSA.get(_word(record, "database_specific", "severity")), "ghsa"
    return None, ""


def _ubuntu(record: JSON, affected: JSON) -> str:
    given = [_text(each.get("score")) for each in _severities(record, affected) if each.get("type") == "Ubuntu"]
    return given[0].lower() if given else _word(affected, "ecosystem_specific", "ubuntu_priority")


def _vendor(record: JSON, affected: JSON) -> Level | None:
    """Some write the word in a field, AlmaLinux and Rocky at the beginning of the summary: `Important: zlib update`."""
    first = _FIRST_WORD.match(_text(record.get("summary")))
    words = (
        _word(affected, "ecosystem_specific", "severity"),
        _word(affected, "database_specific", "severity"),
        _word(record, "database_specific", "severity"),
        first[1].lower() if first else "",
    )
    return next((_WORDS[word] for word in words if word in _WORDS), None)


def _measured(record: JSON, affected: JSON) -> Rating:
    """By the first vector that is one, of the version of CVSS that comes first."""
    severities = list(_severities(record, affected))
    for version in scores.VERSIONS:
        for each in severities:
            vector = _text(each.get("score")) if each.get("type") == f"CVSS_{version.upper()}" else ""
            score = scores.base(version, vector) if vector else None
            if score is not None:
                return Rating(scores.level(version, score), f"cvss-{version}", score, vector)
    return UNRATED


def _severities(record: JSON, affected: JSON) -> Iterator[JSON]:
    """What is said of the package in particular comes first."""
    yield from islice(_objects(affected.get("severity")), MAX_SEVERITIES)
    yield from islice(_objects(record.get("severity")), MAX_SEVERITIES)


def _word(document: JSON, place: str, name: str) -> str:
    return _text(_object(document.get(place)).get(name)).lower()


def _object(value: object) -> JSON:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> Iterator[JSON]:
    return (each for each in value if isinstance(each, dict)) if isinstance(value, list) else iter(())


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
