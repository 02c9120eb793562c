"""Amazon Linux: `updateinfo.xml`, which every repository of it has.

    <update type="security">
        <id>ALAS2-2018-939</id> <severity>critical</severity> <updated date="2018-01-16 01:28"/>
        <references> <reference type="cve" id="CVE-2017-5754"/>
        <pkglist> <collection> <package name="kernel" epoch="0" version="4.9.76" release="38.79.amzn2" arch="x86_64"/>

Extras of Amazon Linux 2 have files of their own: they are known when they are imported too.
"""

import re
from collections.abc import Iterable, Iterator

from berth.scan.advisories.sources import Records
from berth.scan.fetching import markup, shaped
from berth.scan.fetching.markup import Element
from berth.scan.fetching.shaped import Advisory

ROOT = "updates"
_ID = re.compile(r"ALAS[A-Za-z0-9._-]{1,80}")
_RELEASE = re.compile(r"ALAS(20[0-9]{2}|2)?-[0-9]{4}-[0-9]+")
_DIST = re.compile(r"\.amzn([0-9]{1,4})(?![0-9])")


def records(pieces: Iterable[bytes]) -> Records:
    """Raises `SourceRefused`, also while they are read."""
    for update in markup.entries(pieces, "update"):
        advisory = _advisory(update) if update.attributes.get("type") == "security" else None
        body = shaped.record(advisory) if advisory is not None else None
        if advisory is not None and body is not None:
            yield advisory.ecosystem, body


def _advisory(update: Element) -> Advisory | None:
    name = update.first("id")
    packages = [each.attributes for each in update.all("package")]
    release = _release(name, packages)
    if release is None or not _ID.fullmatch(name):
        return None
    return Advisory(
        id=name,
        ecosystem=f"Amazon Linux:{release}",
        fixed=tuple(_fixed(packages)),
        cves=tuple(each.attributes.get("id", "") for each in update.all("reference")),
        title=update.first("title"),
        details=update.first("description"),
        severity=update.first("severity").lower(),
        issued=_date(update, "issued"),
        updated=_date(update, "updated"),
    )


def _release(name: str, packages: list[dict[str, str]]) -> str | None:
    """By its name, or, as for extras, by how its packages end."""
    named = _RELEASE.fullmatch(name)
    if named is not None:
        return named[1] or "1"
    ends = (_DIST.search(each.get("release", "")) for each in packages)
    return next((found[1] for found in ends if found is not None), None)


def _fixed(packages: list[dict[str, str]]) -> Iterator[tuple[str, str]]:
    for each in packages:
        name, version, release = (each.get(key, "") for key in ("name", "version", "release"))
        if name and version and release:
            yield name, f"{each.get('epoch') or '0'}:{version}-{release}"


def _date(update: Element, name: str) -> str:
    return next((each.attributes.get("date", "") for each in update.all(name)), "")
