"""Oracle Linux: OVAL, as `com.oracle.elsa-all.xml.bz2` and the files by year and release.

    <definition class="patch">
        <metadata> <reference source="elsa" ref_id="ELSA-2007-0057"/> <reference source="CVE" ref_id="..."/>
        <criteria operator="AND">
            <criterion comment="Oracle Linux 5 is installed"/>
            <criteria operator="OR"> ... <criterion comment="bind-libs is earlier than 30:9.3.3-8.el5"/>

All that is needed stands in the comments, so tests, objects and states are passed by.
"""

import re
from collections.abc import Iterable, Iterator

from berth.scan.advisories.sources import Records
from berth.scan.fetching import markup, shaped
from berth.scan.fetching.markup import Element
from berth.scan.fetching.shaped import Advisory

ROOT = "oval_definitions"
_ID = re.compile(r"ELSA-[0-9]{4}-[0-9]{1,8}(?:-[0-9]{1,4})?")
_RELEASE = re.compile(r"Oracle Linux ([0-9]{1,2}) is installed")
_EARLIER = re.compile(r"(\S{1,300}) is earlier than (\S{1,300})")
# Kernels and libraries that are mended while they run, and those that are certified, are numbered apart from the ones
# that images have, and above them: what is up to date would look as if it were not.
_APART = re.compile(r"\.ksplice|_fips", re.IGNORECASE)


def records(pieces: Iterable[bytes]) -> Records:
    """An advisory of two releases is two records. Raises `SourceRefused`, also while they are read."""
    for definition in markup.entries(pieces, "definition"):
        if definition.attributes.get("class") == "patch":
            for advisory in _advisories(definition):
                body = shaped.record(advisory)
                if body is not None:
                    yield advisory.ecosystem, body


def _advisories(definition: Element) -> Iterator[Advisory]:
    references = [each.attributes for each in definition.all("reference")]
    name = next((each.get("ref_id", "") for each in references if each.get("source") == "elsa"), "")
    if not _ID.fullmatch(name):
        return
    by_release: dict[str, list[tuple[str, str]]] = {}
    for release, package, version in _fixed(definition, ""):
        by_release.setdefault(release, []).append((package, version))
    for release, fixed in by_release.items():
        yield Advisory(
            id=name if len(by_release) == 1 else f"{name}:{release}",
            ecosystem=f"Oracle Linux:{release}",
            fixed=tuple(fixed),
            cves=tuple(each.get("ref_id", "") for each in references if each.get("source") == "CVE"),
            title=" ".join(definition.first("title").split()),
            details=definition.first("description"),
            severity=definition.first("severity").lower(),
            issued=next((each.attributes.get("date", "") for each in definition.all("issued")), ""),
        )


def _fixed(criteria: Element, release: str) -> Iterator[tuple[str, str, str]]:
    """Release, package and version; a release holds for all that stands beside it or below."""
    comments = [each.attributes.get("comment", "") for each in criteria.children if each.name == "criterion"]
    release = next((found[1] for each in comments if (found := _RELEASE.fullmatch(each))), release)
    for comment in comments:
        earlier = _EARLIER.fullmatch(comment)
        if release and earlier is not None and not _APART.search(earlier[2]):
            yield release, earlier[1], earlier[2]
    for child in criteria.children:
        if child.name == "criteria":
            yield from _fixed(child, release)
