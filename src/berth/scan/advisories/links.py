"""How advisories hang together by the names they give: which are the same flaw, and which only speak of flaws.

A GHSA record, a PYSEC record and a CVE are one flaw when one names the other as an alias. So is what a distribution
writes of one CVE (`DEBIAN-CVE-2023-4911`). Its bulletins (RHSA, DSA, USN) are not: they speak of one flaw or of ten
that were mended together, and making those ten one would hide nine.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_CVE = re.compile(r"(?:[A-Z]+-)?(CVE-([0-9]{4})-([0-9]{4,19}))")
"""With what a distribution puts before it."""
_GENERAL = ("CVE-", "GHSA-", "PYSEC-", "GO-", "RUSTSEC-", "MAL-")


@dataclass(frozen=True, slots=True)
class Links:
    same: tuple[str, ...] = ()
    speaks_of: tuple[str, ...] = ()


def of_language(aliases: Sequence[str], upstream: Sequence[str]) -> Links:
    return Links(same=tuple(aliases), speaks_of=() if aliases else _flaws(upstream))


def of_system(name: str, aliases: Sequence[str], upstream: Sequence[str], related: Sequence[str]) -> Links:
    """Older records of Ubuntu, and those of AlmaLinux and Rocky, name their CVEs as related ones."""
    cve = _CVE.fullmatch(name)
    if cve is not None:
        return Links(same=tuple(aliases) if cve[1] == name else (cve[1],))
    return Links(speaks_of=_flaws([*upstream, *aliases]) or _flaws(related))


def _flaws(names: Sequence[str]) -> tuple[str, ...]:
    """The CVEs among them; where there are none, what else is known beyond one distribution."""
    cves = [found[1] for name in names if (found := _CVE.fullmatch(name)) is not None]
    return tuple(dict.fromkeys(cves or [name for name in names if name.startswith("GHSA-")]))


def rank(name: str) -> tuple[int, int, int, str]:
    """Of several names of one flaw the least ranked is its own: the oldest CVE, else a GHSA, else any."""
    cve = _CVE.fullmatch(name)
    if cve is not None and cve[1] == name:
        return 0, int(cve[2]), int(cve[3]), name
    return (1 if name.startswith("GHSA-") else 2), 0, 0, name


def is_general(name: str) -> bool:
    """Whether a record speaks to everybody, and not to those who use one distribution."""
    return name.startswith(_GENERAL)
