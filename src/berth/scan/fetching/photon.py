"""Photon OS: `cve_data_photon5.0.json`, one object for each flaw of a source package.

    {"cve_id": "CVE-2019-3828", "pkg": "ansible", "cve_score": 10, "res_ver": "2.7.6-2.ph3", ...}

What has no version that mends it says NA there, and is left out: it may not be affected at all.
"""

import json
import re
from collections.abc import Iterable, Iterator

from berth.scan.advisories.archives import SourceRefused
from berth.scan.advisories.sources import Records
from berth.scan.fetching import shaped
from berth.scan.fetching.shaped import Advisory

MAX_BYTES = 32 * 1024 * 1024
MAX_ENTRIES = 500_000
_RELEASE = re.compile(r"\S+\.ph([0-9]{1,3})(?![0-9])\S*")


def records(pieces: Iterable[bytes]) -> Records:
    """A record for each flaw in each release. Raises `SourceRefused`."""
    fixed: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for cve, package, version in _entries(pieces):
        release = _RELEASE.fullmatch(version)
        if release is not None:
            fixed.setdefault((release[1], cve), []).append((package, version))
    for (number, cve), packages in fixed.items():
        name, ecosystem = f"PHOTON-{number}.0-{cve}", f"Photon OS:{number}.0"
        body = shaped.record(Advisory(name, ecosystem, tuple(packages), (cve,)))
        if body is not None:
            yield ecosystem, body


def _entries(pieces: Iterable[bytes]) -> Iterator[tuple[str, str, str]]:
    for each in _loaded(pieces):
        if isinstance(each, dict):
            cve, package, version = (each.get(key) for key in ("cve_id", "pkg", "res_ver"))
            if isinstance(cve, str) and isinstance(package, str) and isinstance(version, str):
                yield cve, package, version


def _loaded(pieces: Iterable[bytes]) -> list[object]:
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > MAX_BYTES:
            raise SourceRefused(f"it is JSON of more than {MAX_BYTES} bytes")
    if body.count(b"{") + body.count(b"[") > MAX_ENTRIES:
        raise SourceRefused(f"it has more than {MAX_ENTRIES} entries")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SourceRefused(f"it is no JSON: {error}"[:200]) from None
    return found if isinstance(found, list) else []
