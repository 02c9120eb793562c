"""Waivers: what they let through, where, and until when; and what they leave as it is."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update

from berth.audit import trail
from berth.audit.events import Actor
from berth.audit.trail import Filter as EventFilter
from berth.db.pages import Wanted
from berth.db.tables import image as images_
from berth.db.tables import manifest, scan_result
from berth.people.access import Principal
from berth.people.callers import Caller
from berth.people.sight import Sight
from berth.registry.images import Image
from berth.restriction import explaining, judging, packages, scopes, subjects, waivers
from berth.restriction.explaining import Explained
from berth.restriction.terms import Terms
from berth.restriction.verdict import Count
from berth.restriction.waivers import Filter, Waiver
from berth.site import Site
from berth.words import digest as digests
from berth.words.errors import AlreadyExists, FieldInvalid, WaiverEnded
from berth.words.policies import PullPolicy
from tests import make, sites
from tests.documents import Document
from tests.make import Target
from tests.restriction.found import Flaw, scanned
from tests.scan import images

ACTOR = Actor("ann", "127.0.0.1")
CALLER = Caller(Principal(1, "ann", administrator=True), ACTOR)
ALL = Sight(everything=True)


def ruled(target: Target) -> Image:
    """The image, which has been pushed to, and in which no Critical finding may be."""
    found = images.opened(target)
    policy = PullPolicy(restrict_vulnerable=True, critical=0)
    with target.site.db.write() as tx:
        tx.execute(update(images_).where(images_.c.id == found.id).values(policy_pull=policy.to_json()))
    return found


def terms(site: Site, vulnerability: str = "CVE-2026-1", *, days: float = 30, **more: Any) -> Terms:
    return Terms(vulnerability, "known", "team web", site.now() + timedelta(days=days), **more)


def waive(site: Site, place: str, vulnerability: str = "CVE-2026-1", **more: Any) -> Waiver:
    with site.db.write() as tx:
        number = waivers.create(
            tx, ACTOR, scopes.opened(tx, CALLER, place), terms(site, vulnerability, **more), at=site.now()
        )
        return waivers.find(tx, number)


def end(site: Site, found: Waiver) -> None:
    with site.db.write() as tx:
        waivers.end(tx, ACTOR, found, at=site.now())


def explained(target: Target, document: Document) -> Explained:
    with target.site.db.read() as tx:
        content = digests.parse(document.digest)
        return explaining.of(tx, images.opened(target), content, at=target.site.now(), permitted=False)


def critical(target: Target, document: Document) -> tuple[str, Count]:
    """How a digest is judged, and its Critical findings."""
    found = explained(target, document)
    return found.lesson.verdict.outcome, found.counts[0]


def outcome(target: Target, document: Document) -> str:
    return explained(target, document).lesson.verdict.outcome


def test_a_waiver_counts_in_all_that_is_in_its_place_and_nowhere_else(site: Site, target: Target) -> None:
    document, other = make.manifest(target, b"one", tag="v1"), make.manifest(target, b"two", tag="v2")
    ruled(target)
    for each in (document, other):
        scanned(site, each.digest, [Flaw()])
    elsewhere = (make.manifest(make.image(site, f"{path}/x"), b"x") for path in ("main/apps", "main/more", "next/apps"))
    assert len(list(elsewhere)) == 3
    path = "main/apps/web"
    for place, others in (
        ("main", "allowed"),
        ("main/apps", "allowed"),
        (path, "allowed"),
        (f"{path}@{document.digest}", "refused"),
    ):
        found = waive(site, place)
        assert (found.place, outcome(target, document), outcome(target, other)) == (place, "allowed", others)
        end(site, found)
        assert outcome(target, document) == "refused"
    for place in ("next", "main/more", "main/apps/x"):
        waive(site, place)
        assert outcome(target, document) == "refused"


def test_a_waiver_is_for_a_vulnerability_by_any_of_its_names_in_whatever_case(site: Site, target: Target) -> None:
    document = make.manifest(target, b"one", tag="v1")
    ruled(target)
    scanned(site, document.digest, [Flaw(aliases=("GHSA-aaaa-bbbb-cccc",))])
    found = waive(site, "main", "ghsa-AAAA-bbbb-CCCC")
    assert outcome(target, document) == "allowed"
    end(site, found)
    waive(site, "main", "CVE-2026-11")
    assert outcome(target, document) == "refused"


def test_a_waiver_counts_until_its_instant_and_can_be_renewed_after_it(
    site: Site, target: Target, clock: sites.Clock
) -> None:
    document = make.manifest(target, b"one", tag="v1")
    ruled(target)
    scanned(site, document.digest, [Flaw()])
    found = waive(site, "main/apps", days=1)
    clock.forward(days=1, microseconds=-1)
    assert (outcome(target, document), found.state(at=clock.at)) == ("allowed", "active")
    clock.forward(microseconds=1)
    assert (outcome(target, document), found.state(at=clock.at)) == ("refused", "expired")
    with site.db.write() as tx:
        renewed = found.terms.but(expires_at=clock.at + timedelta(days=1))
        waivers.edit(tx, ACTOR, found, renewed, at=clock.at)
    assert outcome(target, document) == "allowed"


def test_what_is_waived_is_taken_from_the_judgement_and_from_no_count(site: Site, target: Target) -> None:
    document = make.manifest(target, b"one", tag="v1")
    ruled(target)
    scanned(site, document.digest, [Flaw("CVE-2026-1"), Flaw("CVE-2026-2")])
    waive(site, "main", "CVE-2026-1")
    judged, count = critical(target, document)
    assert (judged, count.found, count.waived) == ("refused", 1, 1)
    waive(site, "main", "CVE-2026-2")
    judged, count = critical(target, document)
    assert (judged, count.found, count.waived) == ("allowed", 0, 2)
    with site.db.read() as tx:
        assert sum(tx.scalars(select(scan_result.c.tally)).one()) == 2


def test_a_waiver_of_an_index_is_for_the_images_that_it_lists(site: Site, target: Target) -> None:
    child, other = make.manifest(target, b"child"), make.manifest(target, b"other", tag="v2")
    index = make.index(target, [child], tag="v1")
    ruled(target)
    for each in (child, other):
        scanned(site, each.digest, [Flaw()])
    waive(site, f"main/apps/web@{index.digest}")
    assert [outcome(target, each) for each in (index, child, other)] == ["allowed", "allowed", "refused"]


def test_a_waiver_of_a_package_is_for_that_alone_and_takes_its_name_as_people_read_it(
    site: Site, target: Target
) -> None:
    document = make.manifest(target, b"one", tag="v1")
    ruled(target)
    scanned(site, document.digest, [Flaw()])
    source = f"cve-2026-1-{document.digest[7:15]}"
    with site.db.read() as tx:
        scope = scopes.opened(tx, CALLER, "main/apps/web")
        built = packages.as_advised(tx, scope, "cve-2026-1", f"{source}-0".upper(), "1")
        assert built == (source, "1")
        assert packages.as_advised(tx, scope, "CVE-2026-1", "zlib", "1") == ("zlib", "1")
    for package, version, judged in (
        (source.upper(), "", "allowed"),
        (source, "1", "allowed"),
        (source, "2", "refused"),
        ("zlib", "", "refused"),
    ):
        found = waive(site, "main", package=package, package_version=version)
        assert outcome(target, document) == judged
        end(site, found)


def test_judging_reads_no_finding_where_nothing_is_waived(site: Site, target: Target) -> None:
    document = make.manifest(target, b"one", tag="v1")
    found = ruled(target)
    scanned(site, document.digest, [Flaw()])
    asked: list[str] = []

    def listen(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    with site.db.read() as tx:
        rules = judging.rules_of(tx, found.id)
        [subject] = subjects.some(tx, tx.scalars(select(manifest.c.id)).all()).values()
        event.listen(tx, "before_cursor_execute", listen)
        assert judging.spared_of(tx, found.id, [subject], rules, at=site.now()) == {}
    assert len(asked) == 1


def test_one_of_its_kind_is_in_force_at_a_time(site: Site, target: Target, clock: sites.Clock) -> None:
    make.manifest(target, b"one", tag="v1")
    first = waive(site, "main/apps", days=1)
    with pytest.raises(AlreadyExists):
        waive(site, "main/apps", "cve-2026-1")
    waive(site, "main/apps", package="zlib")
    waive(site, "main")
    clock.forward(days=1)
    second = waive(site, "main/apps", "cve-2026-1")
    renewed = first.terms.but(expires_at=clock.at + timedelta(days=1))
    with pytest.raises(AlreadyExists, match=str(second.id)), site.db.write() as tx:
        waivers.edit(tx, ACTOR, first, renewed, at=clock.at)
    end(site, first)
    with pytest.raises(WaiverEnded), site.db.write() as tx:
        waivers.edit(tx, ACTOR, first, first.terms.but(reason="other"), at=clock.at)


def test_a_waiver_is_edited_for_another_place_or_package_of_its_registry(site: Site, target: Target) -> None:
    document = make.manifest(target, b"one", tag="v1")
    make.image(site, "other/apps/web")
    ruled(target)
    scanned(site, document.digest, [Flaw()])
    found = waive(site, "main")
    elsewhere = waive(site, "main/apps/web", days=2)

    def edited(terms: Terms, place: str) -> Waiver:
        with site.db.write() as tx:
            waivers.edit(tx, ACTOR, found, terms, at=site.now(), scope=scopes.opened(tx, CALLER, place))
            return waivers.find(tx, found.id)

    for place in ("other", "other/apps"):
        with pytest.raises(FieldInvalid, match="place"):
            edited(found.terms, place)
    with pytest.raises(AlreadyExists, match=str(elsewhere.id)):
        edited(found.terms, "main/apps/web")
    now = edited(found.terms.but(package="zlib"), "main/apps/web")
    assert (now.place, now.terms.package) == ("main/apps/web", "zlib")
    end(site, elsewhere)
    assert outcome(target, document) == "refused", "it is for a package that is not there"
    assert edited(found.terms, f"main/apps/web@{document.digest}").digest == document.digest
    assert outcome(target, document) == "allowed"
    last = list(trail.every(site, EventFilter(action="waiver.edit")))[-1]
    assert last.after is not None
    assert (last.target, last.after["place"]) == ("main/apps/web", f"main/apps/web@{document.digest}")


def test_of_two_who_waive_the_same_at_once_one_is_told_of_the_other(site: Site, target: Target) -> None:
    make.manifest(target, b"one")
    with ThreadPoolExecutor(1) as pool:
        with site.db.write() as tx:
            waivers.create(tx, ACTOR, scopes.opened(tx, CALLER, "main"), terms(site), at=site.now())
            other = pool.submit(waive, site, "main")
            assert wait([other], timeout=0.3).not_done
        with pytest.raises(AlreadyExists):
            other.result(60)


def test_a_waiver_has_an_end_within_a_year_and_somebody_who_answers_for_it(site: Site, target: Target) -> None:
    make.manifest(target, b"one")
    for days in (0, -1, 367):
        with pytest.raises(FieldInvalid, match="expires_at"):
            waive(site, "main", days=days)
    good = {"vulnerability": "CVE-1", "reason": "known", "owner": "ann", "expires_at": site.now()}
    for field, value in (
        ("owner", " "),
        ("reason", ""),
        ("vulnerability", "two words"),
        ("package_version", "1"),
        ("justification", "component_not_present"),
        ("impact", "none"),
    ):
        with pytest.raises(FieldInvalid, match=field):
            Terms(**(good | {field: value}))  # type: ignore[arg-type]  # of different types
    with pytest.raises(FieldInvalid, match="justification"):
        Terms(**good, status="not_affected")  # type: ignore[arg-type]  # of different types


def test_waivers_are_listed_by_place_and_state_and_each_change_is_audited(
    site: Site, target: Target, clock: sites.Clock
) -> None:
    make.manifest(target, b"one", tag="v1")
    over = waive(site, "main", "CVE-2026-9", days=1)
    clock.forward(days=2)
    mine = [waive(site, place, days=3) for place in ("main", "main/apps", "main/apps/web")]
    with site.db.write() as tx:
        waivers.edit(tx, ACTOR, mine[0], mine[0].terms.but(owner="team sea"), at=clock.at)
        waivers.end(tx, ACTOR, mine[2], at=clock.at)

    def listed(**asked: Any) -> list[int]:
        with site.db.read() as tx:
            if "scope" in asked:
                asked["scope"] = scopes.opened(tx, CALLER, asked["scope"])
            found = waivers.page(tx, Wanted("created_at"), ALL, Filter(**asked), at=clock.at)
            return [each.id for each in found.items]

    ids = [each.id for each in mine]
    assert listed() == [over.id, *ids]
    assert listed(scope="main/apps") == ids[1:]
    assert (listed(state="active"), listed(state="expired"), listed(state="ended")) == (ids[:2], [over.id], ids[2:])
    assert listed(vulnerability="cve-2026-9", expires_before=clock.at) == [over.id]
    assert listed(owner="SEA") == ids[:1]
    audited = [(each.action, each.target) for each in trail.every(site, EventFilter(action="waiver"))]
    assert audited[-2:] == [("waiver.edit", "main"), ("waiver.end", "main/apps/web")]
    assert audited.count(("waiver.create", "main/apps")) == 1
