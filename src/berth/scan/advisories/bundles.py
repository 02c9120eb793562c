"""A bundle: all records of a build in one file, to carry to a registry that reaches no network.

It is an archive as OSV's bulk export is, with a manifest beside the records. The manifest has a sum of every source's
records, so what was damaged or changed on its way is refused as a whole. It does not say who made the bundle.
"""

import hashlib
import json
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, unquote

from berth.scan.advisories import archives
from berth.scan.advisories.archives import SourceRefused
from berth.scan.advisories.opened import Advisories
from berth.scan.advisories.records import MAX_BYTES
from berth.words import time

MANIFEST = "berth-advisories.json"
FORMAT = 1
MAX_MANIFEST = 1024 * 1024


class _Sum:
    """Of the records of one source, by their names and in their order."""

    def __init__(self) -> None:
        self.records = 0
        self._hash = hashlib.sha256()

    def add(self, name: str, body: bytes) -> None:
        self.records += 1
        for part in (name.encode(), body):
            self._hash.update(len(part).to_bytes(8))
            self._hash.update(part)

    @property
    def hex(self) -> str:
        return self._hash.hexdigest()


def write(advisories: Advisories, path: Path) -> None:
    """Put a bundle of a build at `path`, whole or not at all. The same build makes the same bytes."""
    part = path.with_name(f"{path.name}.part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as members:
            sums = _write_records(advisories, members)
            members.writestr(_member(MANIFEST), json.dumps(_manifest(advisories, sums), indent=1))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write_records(advisories: Advisories, members: zipfile.ZipFile) -> dict[str, _Sum]:
    sums: dict[str, _Sum] = {}
    for source, name, packed in advisories.records():
        body = zlib.decompress(packed)
        member = _member(f"{quote(source, safe=' ')}/{quote(name, safe='')}.json")
        members.writestr(member, body)
        sums.setdefault(source, _Sum()).add(member.filename, body)
    return sums


def _member(name: str) -> zipfile.ZipInfo:
    """Without the time of day, which would make two bundles of one build differ."""
    member = zipfile.ZipInfo(name)
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


def _manifest(advisories: Advisories, sums: dict[str, _Sum]) -> dict[str, Any]:  # Any: a JSON object
    return {
        "format": FORMAT,
        "build": advisories.build,
        "made_at": time.text(advisories.made_at),
        "sources": [
            {
                "ecosystem": source.ecosystem,
                "records": sums[source.ecosystem].records,
                "sha256": sums[source.ecosystem].hex,
                "attribution": source.attribution,
            }
            for source in advisories.sources
        ],
    }


def is_bundle(members: zipfile.ZipFile) -> bool:
    return MANIFEST in members.NameToInfo


def check(members: zipfile.ZipFile) -> None:
    """That every record is there, unchanged, and nothing else. Raises `SourceRefused`."""
    stated = _stated(members)
    sums: dict[str, _Sum] = {source: _Sum() for source in stated}
    for member in members.infolist():
        if member.filename != MANIFEST:
            source = unquote(PurePosixPath(member.filename).parent.name)
            if source not in sums:
                raise SourceRefused(f"{member.filename[:120]!r} in the bundle is not in its manifest")
            sums[source].add(member.filename, archives.read(members, member, MAX_BYTES + 1))
    for source, total in sums.items():
        if (total.records, total.hex) != stated[source]:
            raise SourceRefused(f"the records of {source[:80]!r} in the bundle are not those of its manifest")


def _stated(members: zipfile.ZipFile) -> dict[str, tuple[int, str]]:
    """By source, how many records there are and their sum."""
    if not is_bundle(members):
        raise SourceRefused("it is no bundle: it has no manifest")
    try:
        manifest = json.loads(archives.read(members, members.NameToInfo[MANIFEST], MAX_MANIFEST))
        if manifest["format"] != FORMAT:
            raise SourceRefused(f"the bundle is of format {str(manifest['format'])[:20]}, this Berth reads {FORMAT}")
        return {str(each["ecosystem"]): (each["records"], each["sha256"]) for each in manifest["sources"]}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise SourceRefused("the manifest of the bundle cannot be read") from None
