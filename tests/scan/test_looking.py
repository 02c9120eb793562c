"""What is listed of a result is what is counted of it: each finding once, wherever its package lies."""

import csv as reading
import io
import json
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, update

from berth.db.tables import manifest
from berth.registry import rows
from berth.scan import comparing, evaluation, lists, looking, reporting, results, standing
from berth.scan.evaluation import Matched, News
from berth.scan.exports import csv
from berth.scan.exports import json as json_
from berth.scan.inventory import Inventory, Package
from berth.scan.lists import FindingFilters
from berth.scan.matches import Match, Vulnerability
from berth.site import Site
from berth.words import digest as digests
from berth.words.policies import Level
from tests import make
from tests.documents import Document
from tests.make import Target
from tests.scan import evaluating

FLAW = Vulnerability("CVE-2026-1", ("GHSA-1111-2222-3333",))
HERE = Package("language", "npm", "lodash", "4.17.15", path="app/node_modules/lodash/package.json")
THERE = Package("language", "npm", "lodash", "4.17.15", path="opt/node_modules/lodash/package.json")
NEWER = Package("language", "npm", "lodash", "4.17.20", path="srv/node_modules/lodash/package.json")
LIBC = Package("os", "deb", "libc6", "2.36", "glibc", "2.36", "amd64", "var/lib/dpkg/status")
LIBC_32 = Package("os", "deb", "libc6", "2.36", "glibc", "2.36", "i386", "var/lib/dpkg/status")
SAME_NAME = Package("language", "pypi", "libc6", "2.36", path="usr/lib/python3/libc6/METADATA")
OWNED = Package("language", "npm", "lodash", "4.17.15", path="usr/share/lodash/package.json", owned=True)
ALL = (HERE, THERE, NEWER, LIBC, LIBC_32, SAME_NAME, OWNED)


@pytest.fixture
def web(site: Site) -> Target:
    return make.image(site, "main/apps/web")


def scanned(tx: Connection, target: Target, document: Document, *packages: Package, level: Level = Level.LOW) -> None:
    """All packages have the one flaw; what was said of a version before stays."""
    site = target.site
    found = Inventory(evaluating.DEBIAN, packages)
    made = results.ready(document.digest, found, scanner=results.BUILTIN)
    number = results.store(
        tx, document.digest, found, scanner=results.BUILTIN, scanner_version="1", at=site.now(), made=made
    )
    say(tx, site, made.units, level)
    evaluation.evaluated(tx, number, at=site.now(), advisories="1", advisories_at=site.now())
    mine = manifest.c.digest == document.digest
    tx.execute(update(manifest).where(mine).values(result_id=number, scan_state="done"))


def say(tx: Connection, site: Site, units: results.Units, level: Level) -> dict[int, News]:
    numbers = results.component_ids(tx, units)
    matches = [Match(FLAW, level, "test")]
    return evaluation.keep(tx, {number: Matched(each, matches) for each, number in numbers.items()}, at=site.now())


def looked_into(tx: Connection, target: Target, document: Document) -> looking.Looked:
    return looking.into(tx, target.for_push(tx), digests.parse(document.digest))


def counted(tx: Connection, target: Target, document: Document) -> int:
    found = target.for_push(tx)
    row = rows.one(tx, found, digests.parse(document.digest), at=target.site.now())
    assert row is not None
    counts = standing.of(tx, found, [row], at=target.site.now())[row.id].counts
    assert counts is not None
    return counts.total


def read(exported: Iterator[bytes]) -> list[dict[str, str]]:
    return list(reading.DictReader(io.StringIO(b"".join(exported).decode(), newline="")))


def test_a_package_at_two_places_is_one_finding_in_every_list_count_and_export(site: Site, web: Target) -> None:
    document = make.manifest(web, b"a layer")
    with site.db.write() as tx:
        scanned(tx, web, document, *ALL)
        looked = looked_into(tx, web, document)
        listed = looking.findings(tx, looked)
        report = reporting.of(tx, web.for_push(tx), digests.parse(document.digest), at=site.now())
        packages = looking.packages(tx, looked)
        assert counted(tx, web, document) == len(listed)
    assert sorted((each.finding.package.type, *each.finding.paths) for each in listed) == [
        ("deb", LIBC.path),
        ("npm", HERE.path, THERE.path),
        ("npm", NEWER.path),
        ("pypi", SAME_NAME.path),
    ]
    lines = [line for line in read(csv.vulnerabilities(report)) if line["Vulnerability"]]
    assert len(lines) == len(listed)
    assert f"{HERE.path}\n{THERE.path}" in {line["Path"] for line in lines}
    document_ = json.loads(b"".join(json_.document(report)))
    assert document_["counts"]["findings"]["total"] == len(document_["vulnerabilities"]) == len(listed)
    assert len(packages) == looked.parts[0].result.packages == 5  # what a package of the system owns is one of its own
    assert sum(each.counts.total for each in packages) == len(listed)
    assert len(read(csv.packages(report))) == len(packages)


def test_of_an_index_as_many_findings_are_listed_as_are_counted(site: Site, web: Target) -> None:
    children = [make.manifest(web, layer) for layer in (b"amd64", b"arm64")]
    index = make.index(web, children)
    with site.db.write() as tx:
        scanned(tx, web, children[0], HERE, THERE, LIBC)
        scanned(tx, web, children[1], HERE)
        listed = looking.findings(tx, looked_into(tx, web, index))
        assert counted(tx, web, index) == len(listed) == 3
    assert len({each.key for each in listed}) == 3
    assert {part for each in listed for part in each.parts} == {each.digest for each in children}


def test_every_version_that_a_digest_has_of_a_package_is_compared(site: Site, web: Target) -> None:
    base, now, after = (make.manifest(web, layer) for layer in (b"1", b"2", b"3"))
    last = Package("language", "npm", "lodash", "4.17.21")
    with site.db.write() as tx:
        scanned(tx, web, base, HERE, NEWER)
        scanned(tx, web, now, HERE)
        scanned(tx, web, after, last, NEWER)
        one = comparing.between(tx, looked_into(tx, web, base), looked_into(tx, web, now))
        back = comparing.between(tx, looked_into(tx, web, now), looked_into(tx, web, base))
        moved = comparing.between(tx, looked_into(tx, web, base), looked_into(tx, web, after))
    assert ([each.version for each in one.findings_removed], one.findings_added) == ([NEWER.version], ())
    assert ([each.version for each in back.findings_added], back.findings_removed) == ([NEWER.version], ())
    assert (moved.findings_added, moved.findings_removed, moved.findings_changed) == ((), (), ())


def test_what_is_said_anew_is_listed_at_once(site: Site, web: Target) -> None:
    document = make.manifest(web, b"a layer")
    with site.db.write() as tx:
        scanned(tx, web, document, HERE)
        looked = looked_into(tx, web, document)
        assert [each.finding.match.level for each in looking.findings(tx, looked)] == [Level.LOW]
        inventory = looking.inventory(tx, looked.parts[0])
        units = results.ready(document.digest, inventory, scanner=results.BUILTIN).units
        evaluation.spread(tx, say(tx, site, units, Level.CRITICAL))
        listed = looking.findings(tx, looked_into(tx, web, document))
        assert [each.finding.match.level for each in listed] == [Level.CRITICAL]


def test_another_name_of_a_vulnerability_finds_it_in_the_list(site: Site, web: Target) -> None:
    document = make.manifest(web, b"a layer")
    with site.db.write() as tx:
        scanned(tx, web, document, HERE, LIBC)
        found = looking.findings(tx, looked_into(tx, web, document))
    assert len(lists.findings(found, FindingFilters(vulnerability="ghsa-1111"))) == 2
    assert lists.findings(found, FindingFilters(vulnerability="ghsa-9")) == []
