"""OpenVEX: documents as its specification shows them, what they mean here, and what we write ourselves."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from berth.audit.events import Actor
from berth.db.pages import Wanted
from berth.db.tables import waiver
from berth.people.access import Principal
from berth.people.callers import Caller
from berth.people.sight import Sight
from berth.restriction import scopes, waivers
from berth.restriction.openvex import statements, taking, writing
from berth.restriction.openvex.taking import Taken
from berth.restriction.terms import Status, Terms
from berth.restriction.waivers import Filter, Reader, Waiver
from berth.site import Site
from berth.words.errors import FieldInvalid
from tests import make
from tests.documents import Document
from tests.make import Target
from tests.restriction.found import Flaw, scanned

ACTOR = Actor("ann", "127.0.0.1")
CALLER = Caller(Principal(1, "ann", administrator=True), ACTOR)
JSON = dict[str, Any]  # Any: JSON values
ANY = Filter()
GIT = "pkg:apk/wolfi/git@2.39.0-r1"

# As in the specification, section "Example".
MINIMAL = """{
  "@context": "https://openvex.dev/ns/v0.2.0",
  "@id": "https://openvex.dev/docs/example/vex-9fb3463de1b57",
  "author": "Wolfi J Inkinson",
  "role": "Document Creator",
  "timestamp": "2023-01-08T18:02:03.647787998-06:00",
  "version": "1",
  "statements": [
    {
      "vulnerability": {"name": "CVE-2023-12345"},
      "products": [
        {"@id": "pkg:apk/wolfi/git@2.39.0-r1?arch=armv7"},
        {"@id": "pkg:apk/wolfi/git@2.39.0-r1?arch=x86_64"}
      ],
      "status": "fixed"
    }
  ]
}"""


@pytest.fixture
def document(target: Target) -> Document:
    return make.manifest(target, b"one", tag="v1")


def said(*given: JSON, at: str = "2026-01-01T00:00:00Z") -> JSON:
    first = {"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.com/vex", "author": "Wolfi"}
    return {**first, "timestamp": at, "version": 1, "statements": list(given)}


def statement(product: str | JSON, status: str = "fixed", vulnerability: str = "CVE-2026-1", **more: Any) -> JSON:
    of = {"@id": product} if isinstance(product, str) else product
    return {"vulnerability": {"name": vulnerability}, "products": [of], "status": status, **more}


def take(
    site: Site,
    document: JSON,
    place: str = "main",
    *,
    statuses: tuple[Status, ...] = ("not_affected", "fixed"),
    dry_run: bool = False,
    days: int = 30,
) -> list[Taken]:
    with site.db.write() as tx:
        ends = site.now() + timedelta(days=days)
        wanted, parsed = (
            taking.Wanted(scopes.opened(tx, CALLER, place), ends, "team web", statuses),
            statements.parse(document),
        )
        found = taking.read(tx, parsed, wanted)
        return taking.take(tx, ACTOR, parsed, wanted, found, at=site.now(), dry_run=dry_run)


def every(site: Site, asked: Filter = ANY) -> list[Waiver]:
    with site.db.read() as tx:
        return waivers.page(tx, Wanted("created_at"), Sight(everything=True), asked, at=site.now()).items


def written(site: Site) -> JSON:
    pieces = out(site, waivers.some([each.id for each in every(site)]))
    return dict(json.loads(b"".join(pieces)))


def out(site: Site, read: Reader) -> Iterator[bytes]:
    return writing.document(
        site, read, lambda _: lambda path: f"registry.example.org/{path}", author="ann", at=site.now()
    )


def places(taken: Taken) -> list[str]:
    return [place.replace("main/apps/web", "WEB") for place in taken.created]


@pytest.mark.usefixtures("document")
def test_the_example_of_the_specification_becomes_one_waiver_of_a_package(site: Site) -> None:
    [taken] = take(site, json.loads(MINIMAL))
    assert (taken.outcome, taken.created) == ("taken", ["main git 2.39.0-r1"])
    [found] = every(site)
    assert (found.place, found.terms.vulnerability, found.terms.status) == ("main", "CVE-2023-12345", "fixed")
    assert (found.terms.package, found.terms.package_version) == ("git", "2.39.0-r1")
    assert "Wolfi J Inkinson" in found.terms.reason
    assert (found.terms.owner, found.terms.expires_at) == ("team web", site.now() + timedelta(days=30))
    [again] = take(site, json.loads(MINIMAL))
    assert (again.created, again.unchanged) == ([], ["main git 2.39.0-r1"])


def test_products_are_found_by_digest_hash_name_tag_and_parts(site: Site, document: Document) -> None:
    digest, hex_ = document.digest, document.digest.partition(":")[2]
    escaped = digest.replace(":", "%3A")
    at = f"WEB@{digest}"
    host = "registry.example.org"
    for product, expected in (
        (f"pkg:oci/web@{escaped}", [at]),
        (f"pkg:oci/web@{escaped}?repository_url={host}/main/apps/web", [at]),
        (f"pkg:oci/web@{escaped}?repository_url={host}/main/apps/other", []),
        (f"pkg:oci/web?repository_url={host}/main/apps/web", ["WEB"]),
        (f"pkg:oci/web?repository_url={host}/apps/web&tag=v1", [at]),
        (f"pkg:oci/web?repository_url={host}/main/apps/web&tag=v9", []),
        ("pkg:oci/web", ["WEB"]),
        (f"pkg:oci/apps?repository_url={host}/main/apps", ["main/apps"]),
        (f"{host}/main/apps/web:v1", [at]),
        (f"main/apps/web@{digest}", [at]),
        ({"@id": "https://example.com/product", "hashes": {"sha-256": hex_}}, [at]),
        (
            {"@id": "x", "identifiers": {"purl": f"pkg:oci/web@{escaped}"}, "subcomponents": [{"@id": GIT}]},
            [f"{at} git 2.39.0-r1"],
        ),
        ("pkg:maven/org.apache/commons@1.0", ["main org.apache:commons 1.0"]),
        ("https://example.com/product", []),
    ):
        [taken] = take(site, said(statement(product)), dry_run=True)
        assert (product, places(taken)) == (product, expected)
        assert taken.outcome == ("taken" if expected else "unknown")
        assert bool(taken.unknown) == (not expected)
    assert every(site) == []


def test_a_package_that_is_built_from_a_source_is_waived_as_advisories_call_it(site: Site, document: Document) -> None:
    scanned(site, document.digest, [Flaw()])
    source = f"cve-2026-1-{document.digest[7:15]}"
    for product in (f"pkg:deb/debian/{source}-0@1", f"pkg:deb/debian/any@1?upstream={source}"):
        [taken] = take(site, said(statement(product)), dry_run=True)
        assert taken.created == [f"main {source} 1"]


@pytest.mark.usefixtures("document")
def test_what_is_unknown_is_told_of_each_statement_and_the_rest_is_taken(site: Site) -> None:
    both = statement("pkg:oci/web")
    both["products"].append({"@id": "pkg:oci/absent"})
    several = [
        both,
        statement("pkg:oci/absent", vulnerability="CVE-2026-2"),
        statement("pkg:oci/web", "affected", "CVE-2026-3"),
    ]
    first, second, third = take(site, said(*several))
    assert (first.outcome, places(first), [name for name, _ in first.unknown]) == (
        "partly",
        ["WEB"],
        ["pkg:oci/absent"],
    )
    assert (second.outcome, third.outcome) == ("unknown", "passed-over")
    [only] = every(site)
    assert only.terms.vulnerability == "CVE-2026-1"
    [asked] = take(site, said(several[2]), statuses=("affected",))
    assert asked.outcome == "taken"


@pytest.mark.usefixtures("document")
def test_of_several_statements_about_one_thing_the_newest_counts(site: Site) -> None:
    wrong = {"status": "not_affected", "justification": "component_not_present"}
    new = statement("pkg:oci/web", **wrong, timestamp="2026-01-03T00:00:00Z")
    old = statement("pkg:oci/web", "affected", vulnerability="cve-2026-1", timestamp="2026-01-02T00:00:00Z")
    assert [each.outcome for each in take(site, said(new, old), dry_run=True)] == ["taken", "passed-over"]
    later = {**old, "timestamp": "2026-01-04T00:00:00Z"}
    assert [each.outcome for each in take(site, said(new, later), dry_run=True)] == ["passed-over", "passed-over"]


@pytest.mark.usefixtures("document")
def test_a_document_with_a_flaw_is_refused_whole_and_says_where(site: Site) -> None:
    good = statement("pkg:oci/web")
    for flawed, field in (
        ({**said(good), "@context": "https://example.com"}, "document.@context"),
        ({**said(good), "timestamp": "yesterday"}, "document.timestamp"),
        ({**said(good), "author": ""}, "document.author"),
        (said(), "document.statements"),
        (said(good, {**good, "status": "none"}), r"document.statements\[1\].status"),
        (said(good, statement("pkg:oci/web", "not_affected")), r"document.statements\[1\].justification"),
        (said(good, {**good, "vulnerability": {}}), r"document.statements\[1\].vulnerability.name"),
        (said(good, {**good, "products": [{}]}), r"document.statements\[1\].products\[0\]"),
    ):
        with pytest.raises(FieldInvalid, match=field):
            take(site, flawed)
    with pytest.raises(FieldInvalid, match="expires_at"):
        take(site, said(good), days=400)
    assert every(site) == []


@pytest.mark.usefixtures("document")
def test_a_document_that_means_harm_is_refused_as_any_other_flaw_is(site: Site) -> None:
    half, product = "\ud800", statement("pkg:oci/web")
    named = {"name": "CVE-2026-1", "aliases": ["GHSA-a\0"]}
    many = {"name": "CVE-2026-1", "aliases": ["GHSA-a"] * 101}
    parts = {"@id": "pkg:oci/web", "subcomponents": ["pkg:deb/debian/a@1"] * 1000}
    for flawed, field in (
        ({**said(product), "author": half}, "document.author"),
        (said({**product, "status_notes": half}), "status_notes"),
        (said(statement(f"{half}/web")), "@id"),
        (said({**product, "vulnerability": named}), "aliases"),
        (said({**product, "vulnerability": many}), "aliases"),
        (said({**product, "products": [parts] * 10}), "at most 10000 products"),
    ):
        with pytest.raises(FieldInvalid, match=field):
            take(site, flawed)
    # What is no hash and no package URL means nothing here.
    odd: JSON = {"@id": "x/y", "hashes": {"sha-256": "a\0"}}
    for each in (odd, "pkg:deb/debian/a%00b", "pkg:oci/web@1%00"):
        assert [taken.outcome for taken in take(site, said(statement(each)))] == ["unknown"]
    assert every(site) == []


def test_what_is_written_is_taken_again_as_what_it_was(site: Site, document: Document) -> None:
    scanned(site, document.digest, [Flaw()])
    parts = [{"@id": f"pkg:deb/debian/cve-2026-1-{document.digest[7:15]}@1"}]
    image = {"@id": "pkg:oci/web", "subcomponents": parts}
    wrong: JSON = {"justification": "component_not_present", "impact_statement": "not built", "status_notes": "seen"}
    first = [
        statement("pkg:oci/web", "affected", action_statement="accepted until the next release"),
        statement(f"pkg:oci/web@{document.digest}", "not_affected", "CVE-2026-2", **wrong),
        statement(image, "under_investigation"),
        statement("pkg:oci/apps?repository_url=x.org/main/apps", "fixed", "CVE-2026-3"),
        statement("pkg:oci/main?repository_url=x.org/main", "fixed", "CVE-2026-4", status_notes="backported"),
    ]
    anything: tuple[Status, ...] = ("affected", "not_affected", "fixed", "under_investigation")
    take(site, said(*first), statuses=anything)
    document_ = written(site)
    assert [each["status"] for each in document_["statements"]] == [each["status"] for each in first]
    accepted, wrongly, unknown, *_ = document_["statements"]
    assert accepted["action_statement"] == "accepted until the next release"
    assert accepted["products"][0]["@id"] == "pkg:oci/web?repository_url=registry.example.org/main/apps/web"
    assert (wrongly["justification"], wrongly["impact_statement"]) == ("component_not_present", "not built")
    assert wrongly["status_notes"] == "seen (until 2026-02-01T03:04:05.000000Z, responsible: team web)"
    assert unknown["products"][0]["subcomponents"] == parts
    again = take(site, document_, statuses=anything)
    assert [len(each.unchanged) for each in again] == [1] * 5
    assert len(every(site)) == 5


@pytest.mark.usefixtures("document")
def test_what_is_written_is_read_some_at_a_time_and_has_an_id_of_its_own(site: Site) -> None:
    names = [f"CVE-2026-{number:05}" for number in range(2 * waivers.AT_ONCE + 1)]
    terms = Terms(names[0], "known " * 50, "ann", site.now() + timedelta(days=30))
    with site.db.write() as tx:
        waivers.create(tx, ACTOR, scopes.opened(tx, CALLER, "main/apps/web"), terms, at=site.now())
        row = tx.execute(select(waiver)).mappings().one()
        same = {name: value for name, value in row.items() if name != "id"}
        tx.execute(insert(waiver), [{**same, "vulnerability": name, "name": name.lower()} for name in names[1:]])
    in_force = waivers.every(Sight(everything=True), Filter(state="active"), at=site.now())
    first, again = (json.loads(b"".join(out(site, in_force))) for _ in range(2))
    assert [each["vulnerability"]["name"] for each in first["statements"]] == names
    pieces = out(site, in_force)
    begun = next(pieces)
    [last] = every(site, Filter(vulnerability=names[-1]))
    with site.db.write() as tx:
        waivers.end(tx, ACTOR, last, at=site.now())
    shorter = json.loads(begun + b"".join(pieces))
    assert [each["vulnerability"]["name"] for each in shorter["statements"]] == names[:-1]
    assert first["@id"] == again["@id"] != shorter["@id"]


def test_an_import_renews_what_somebody_waives_at_the_same_time(site: Site, target: Target) -> None:
    make.manifest(target, b"one", tag="v1")
    given = said(statement("pkg:oci/apps?repository_url=registry.example.org/main/apps"))
    with ThreadPoolExecutor(1) as pool:
        with site.db.write() as tx:
            scope = scopes.opened(tx, CALLER, "main/apps")
            ends = site.now() + timedelta(days=1)
            waivers.create(tx, ACTOR, scope, Terms("CVE-2026-1", "known", "ann", ends), at=site.now())
            other = pool.submit(take, site, given)
            assert wait([other], timeout=0.3).not_done
        [taken] = other.result(60)
    assert (taken.created, taken.renewed) == ([], ["main/apps"])
