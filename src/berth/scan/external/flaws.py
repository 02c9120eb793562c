"""What a scanner says of a flaw, in our words: its one name, its score, its links, and the version that mends it."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from berth.scan import ecosystems, versions
from berth.scan.advisories import links
from berth.scan.advisories.telling import MAX_DESCRIPTION, MAX_LINK, MAX_LINKS, MAX_TITLE
from berth.scan.external import documents
from berth.scan.external.reported import MAX_NAMES
from berth.scan.inventory import Package
from berth.scan.matches import FixState, Vulnerability
from berth.scan.severity import scores
from berth.scan.severity.scores import Version
from berth.scan.versions import Key, VersionInvalid

MAX_FIXES = 50
"""Versions that are said to mend one flaw."""

_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}")
_COMPARED = {"deb": "Debian", "rpm": "Red Hat", "apk": "Alpine", **ecosystems.LANGUAGES}
"""By type of package, an ecosystem whose versions are ordered the same way."""
_STATES: dict[str, FixState] = {
    "affected": "unfixed",
    "not-fixed": "unfixed",
    "will-not-fix": "wont-fix",
    "wont-fix": "wont-fix",
    "end-of-life": "wont-fix",
    "fix-deferred": "deferred",
}

Measured = tuple[Version, object]
"""A version of CVSS, and what should be a vector of it."""


def named(name: str, others: Iterable[str]) -> tuple[str, tuple[str, ...]]:
    """Its own name, and all others.

    A GHSA that is also a CVE is that CVE. The bulletin of a distribution that mends several CVEs stays itself.
    """
    known = list(dict.fromkeys([name, *others]))[:MAX_NAMES]
    cves = [each for each in known if _CVE.fullmatch(each)]
    same = len(cves) == 1 or links.is_general(name)
    own = min(cves, key=links.rank) if cves and same and name not in cves else name
    return own, tuple(sorted(each for each in known if each != own))


def score(measured: Iterable[Measured]) -> tuple[float | None, str]:
    """Of the first vector that is one, of the version of CVSS that comes first, and the vector."""
    given = list(measured)
    for version in scores.VERSIONS:
        for each, vector in given:
            found = scores.base(version, vector) if each == version and isinstance(vector, str) and vector else None
            if found is not None:
                return found, str(vector)
    return None, ""


def vulnerability(
    name: str,
    others: Iterable[str],
    measured: Iterable[Measured],
    urls: Iterable[object],
    title: object = "",
    description: object = "",
    published: object = None,
    modified: object = None,
) -> Vulnerability:
    own, aliases = named(name, others)
    value, vector = score(measured)
    return Vulnerability(
        id=own,
        aliases=aliases,
        title=documents.text(title, MAX_TITLE),
        description=documents.prose(description, MAX_DESCRIPTION),
        links=_links(urls),
        vector=vector,
        score=value,
        published=documents.instant(published),
        modified=documents.instant(modified),
        malware=name.startswith("MAL-"),
    )


def listed(value: object) -> Sequence[Any]:  # Any: JSON values
    """A list, or none."""
    return value if isinstance(value, list) else ()


def _links(urls: Iterable[object]) -> tuple[str, ...]:
    """Of the web, so that whoever clicks on one runs nothing."""
    good = (
        url
        for url in urls
        if isinstance(url, str)
        and len(url) <= MAX_LINK
        and url.isprintable()
        and url.startswith(("https://", "http://"))
    )
    return tuple(dict.fromkeys(good))[:MAX_LINKS]


def fix(package: Package, written: Iterable[str]) -> str:
    """Of the versions that mend a flaw, one for each branch, the smallest that is greater than the one installed.

    Where they cannot be compared the first one stands: that there is a fix must not be lost.
    """
    given = [each.strip() for each in written if each.strip()][:MAX_FIXES]
    installed = _key(package.type, package.version) if len(given) > 1 else None
    if installed is None:
        return given[0] if given else ""
    keyed = [(each, key) for each in given if (key := _key(package.type, each)) is not None]
    above = [(each, key) for each, key in keyed if installed < key]
    return min(above, key=lambda fixed: fixed[1])[0] if above else given[0]


def fix_state(fixed_version: str, word: str) -> FixState:
    """By the version, and only where there is none by what the scanner calls it."""
    return "fixed" if fixed_version else _STATES.get(word.lower().replace("_", "-"), "unknown")


def _key(kind: str, version: str) -> Key | None:
    plain = version.removeprefix("v") if kind == "golang" else version
    try:
        return versions.key(_COMPARED.get(kind, ""), plain)
    except VersionInvalid:
        return None
