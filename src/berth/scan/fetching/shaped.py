"""What other makers say of one advisory, in the shape of an OSV record."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from berth.scan import versions
from berth.scan.versions import VersionInvalid

MAX_DETAILS = 20_000
_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}:[0-9]{2})(:[0-9]{2})?)?")


@dataclass(frozen=True)
class Advisory:
    id: str
    ecosystem: str
    fixed: tuple[tuple[str, str], ...]
    """Packages by name, each with a version that mends it."""
    cves: tuple[str, ...]
    title: str = ""
    details: str = ""
    severity: str = ""
    issued: str = ""
    updated: str = ""


def record(advisory: Advisory) -> bytes | None:
    """None where it mends no package or speaks of no CVE: there is nothing to match or nothing to call it by."""
    fixed = _lowest(advisory.ecosystem, advisory.fixed)
    cves = [each for each in dict.fromkeys(advisory.cves) if _CVE.fullmatch(each)]
    if not fixed or not cves:
        return None
    document = {
        "schema_version": "1.6.0",
        "id": advisory.id,
        "modified": _instant(advisory.updated) or _instant(advisory.issued),
        "published": _instant(advisory.issued),
        "upstream": cves,
        "summary": advisory.title,
        "details": advisory.details[:MAX_DETAILS],
        "database_specific": {"severity": advisory.severity},
        "affected": [_affected(advisory.ecosystem, name, version) for name, version in fixed.items()],
    }
    return json.dumps({key: value for key, value in document.items() if value}).encode()


def _lowest(ecosystem: str, fixed: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Where architectures were mended by different versions, the first that is mended somewhere.

    What is installed is not told apart by architecture, and a mended package must not be called vulnerable.
    """
    found: dict[str, str] = {}
    for name, version in fixed:
        try:
            key = versions.key(ecosystem, version)
            if name and (name not in found or key < versions.key(ecosystem, found[name])):
                found[name] = version
        except VersionInvalid:
            continue
    return found


def _affected(ecosystem: str, name: str, version: str) -> dict[str, object]:
    events = [{"introduced": "0"}, {"fixed": version}]
    return {
        "package": {"ecosystem": ecosystem, "name": name},
        "ranges": [{"type": "ECOSYSTEM", "events": events}],
    }


def _instant(given: str) -> str:
    found = _DATE.match(given.strip())
    return f"{found[1]}T{found[2] or '00:00'}{found[3] or ':00'}Z" if found is not None else ""
