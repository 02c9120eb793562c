"""What rows say is judged as the pure rules do: grace, newest tags, quarantine through the trash, and refused pulls."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from berth.audit import trail
from berth.audit.events import Actor
from berth.audit.trail import Filter
from berth.db.pages import Wanted
from berth.db.tables import image as images_
from berth.db.tables import manifest
from berth.registry import manifests, restoring, rows, trash
from berth.registry.images import Image
from berth.restriction import explaining, judging, newest, quarantine, refused, waivers
from berth.restriction.explaining import Explained
from berth.restriction.refused import Key, Pull, Refusals
from berth.restriction.scopes import Scope
from berth.restriction.terms import Terms
from berth.words import digest as digests
from berth.words.errors import FieldInvalid
from berth.words.policies import Level, PullPolicy
from tests import make, sites
from tests.documents import Document
from tests.make import Target
from tests.restriction.found import Flaw, goes, scanned
from tests.scan import images

ACTOR = Actor("ann", "127.0.0.1")


def ruled(target: Target, **policy: Any) -> Image:
    """The image, which has been pushed to, with such a pull restriction."""
    chosen = PullPolicy(**{"restrict_vulnerable": True, "critical": 0} | policy)
    found = images.opened(target)
    with target.site.db.write() as tx:
        tx.execute(update(images_).where(images_.c.id == found.id).values(policy_pull=chosen.to_json()))
    return found


def explained(target: Target, document: Document, *, permitted: bool = False) -> Explained:
    with target.site.db.read() as tx:
        content = digests.parse(document.digest)
        return explaining.of(tx, images.opened(target), content, at=target.site.now(), permitted=permitted)


def outcome(target: Target, document: Document) -> str:
    return explained(target, document).lesson.verdict.outcome


def own(target: Target, document: Document) -> str:
    """How a pull of exactly this is answered."""
    return explained(target, document).yours.outcome


def test_a_finding_published_lately_does_not_break_what_was_allowed_before(target: Target, clock: sites.Clock) -> None:
    document = make.manifest(target, b"one", tag="v1")
    ruled(target, grace_days=7)
    scanned(target.site, document.digest)
    clock.forward(days=30)
    flaw = Flaw(published=clock.at - timedelta(days=1))
    scanned(target.site, document.digest, [flaw])
    [critical, _] = explained(target, document).counts
    assert (outcome(target, document), critical.found, critical.fresh) == ("allowed", 0, 1)
    # A digest that is new has nothing to be spared for, and the grace ends.
    other = make.manifest(target, b"two", tag="v2")
    scanned(target.site, other.digest, [flaw])
    assert outcome(target, other) == "refused"
    clock.forward(days=6)
    assert outcome(target, document) == "refused"
    # Of what nobody has dated nobody knows that it is fresh.
    scanned(target.site, document.digest, [Flaw("CVE-2026-2")])
    assert outcome(target, document) == "refused"
    # A date in the future makes no grace without an end.
    scanned(target.site, document.digest, [Flaw("CVE-2026-3", published=clock.at + timedelta(days=3650))])
    assert outcome(target, document) == "allowed"
    clock.forward(days=8)
    assert outcome(target, document) == "refused"


def test_a_refusal_names_what_counts_and_nothing_that_does_not(target: Target) -> None:
    document = make.manifest(target, b"one", tag="v1")
    ruled(target, exclude_unfixed=True)
    flaws = [Flaw("CVE-2026-1"), Flaw("CVE-2026-2", fixed="2.1"), Flaw("CVE-2026-3", Level.HIGH, "3.0")]
    scanned(target.site, document.digest, [*flaws, Flaw("CVE-2026-4", Level.LOW, "1.1")])
    found = explained(target, document)
    assert [each.vulnerability for each in found.lesson.worst] == ["CVE-2026-2", "CVE-2026-3"]
    assert "cve-2026-2" in found.lesson.fix
    assert " to 2.1" in found.lesson.fix


def test_the_newest_tag_that_may_be_pulled_is_told_also_where_it_is_an_index(
    target: Target, clock: sites.Clock
) -> None:
    good, bad = make.manifest(target, b"good"), make.manifest(target, b"bad")
    found = ruled(target, restrict_unscanned=True)
    scanned(target.site, good.digest)
    scanned(target.site, bad.digest, [Flaw()])
    make.index(target, [good], tag="whole")
    clock.forward(minutes=1)
    make.index(target, [good, bad], tag="partly")
    make.push(target, bad, tag="bad")
    with target.site.db.read() as tx:
        rules = judging.rules_of(tx, found.id)
        assert newest.allowed(tx, found.id, rules, at=clock.at) == "whole"


def test_a_list_shows_of_an_index_what_becomes_of_its_images(target: Target) -> None:
    good, bad = make.manifest(target, b"good"), make.manifest(target, b"bad")
    found = ruled(target, restrict_unscanned=True)
    scanned(target.site, good.digest)
    goes(target.site, bad.digest, "failed", "BAD_ARCHIVE")
    index = make.index(target, [good, bad], tag="v1")
    with target.site.db.read() as tx:
        ids = dict(tx.execute(select(manifest.c.digest, manifest.c.id)).all())
        shown = judging.shown(tx, found.id, ids.values(), at=target.site.now())
    told = {digest: (shown[number].outcome, shown[number].rule) for digest, number in ids.items()}
    assert told == {
        good.digest: ("allowed", None),
        bad.digest: ("refused", "unscanned"),
        index.digest: ("partly", "unscanned"),
    }


def test_a_quarantine_holds_from_that_moment_through_the_trash_until_it_is_lifted(target: Target) -> None:
    site, document = target.site, make.manifest(target, b"one", tag="v1")
    found, content = ruled(target, mode="off"), digests.parse(document.digest)
    with site.db.write() as tx:
        quarantine.put(tx, found, content, ACTOR, at=site.now(), reason="holds a stolen key")
    assert outcome(target, document) == "refused"
    with site.db.write() as tx:
        manifests.remove(tx, found, content, ACTOR, at=site.now(), keep=trash.kept(site.settings))
    with site.db.read() as tx:
        ids = [each.id for each in trash.page(tx, target.place, Wanted("deleted_at")).items]
    with site.db.write() as tx:
        restoring.restore(tx, target.place, ids, ACTOR, at=site.now())
    assert outcome(target, document) == "refused"
    with site.db.read() as tx:
        row = rows.one(tx, found, content, at=site.now())
    assert row is not None
    assert (row.quarantined_by, row.quarantine_reason) == ("ann", "holds a stolen key")
    with site.db.write() as tx:
        quarantine.lift(tx, found, content, ACTOR, at=site.now())
    assert outcome(target, document) == "allowed"
    audited = [each.action for each in trail.newest(site, Filter(action="manifest"))]
    assert {"manifest.quarantine", "manifest.release"} <= set(audited)


def test_a_quarantine_of_an_index_takes_its_images_with_it_and_gives_back_only_those(target: Target) -> None:
    one, two = make.manifest(target, b"one"), make.manifest(target, b"two")
    site, found = target.site, ruled(target)
    index = make.index(target, [one, two], tag="v1")

    def put(document: Document, reason: str) -> None:
        with site.db.write() as tx:
            quarantine.put(tx, found, digests.parse(document.digest), ACTOR, at=site.now(), reason=reason)

    put(two, "its own")
    put(index, "all of it")
    assert [outcome(target, each) for each in (index, one, two)] == ["refused"] * 3
    with site.db.write() as tx:
        quarantine.lift(tx, found, digests.parse(index.digest), ACTOR, at=site.now())
    assert [outcome(target, each) for each in (index, one, two)] == ["partly", "allowed", "refused"]
    with pytest.raises(FieldInvalid):
        put(one, " ")


def test_what_another_index_in_quarantine_lists_too_stays_in_it_however_deep(target: Target) -> None:
    one, two = make.manifest(target, b"one"), make.manifest(target, b"two")
    site, found = target.site, ruled(target)
    inner = make.index(target, [one, two])
    outer, other = make.index(target, [inner], tag="v1"), make.index(target, [two], tag="v2")
    every = (outer, inner, one, two, other)

    def move(document: Document, *, put: bool) -> list[str]:
        with site.db.write() as tx:
            content = digests.parse(document.digest)
            if put:
                quarantine.put(tx, found, content, ACTOR, at=site.now(), reason=f"of {document.digest}")
            else:
                quarantine.lift(tx, found, content, ACTOR, at=site.now())
        return [own(target, each) for each in every]

    assert move(outer, put=True) == ["refused", "refused", "refused", "refused", "allowed"]
    assert move(other, put=True) == ["refused"] * 5
    assert move(outer, put=False) == ["allowed", "allowed", "allowed", "refused", "refused"]
    # Whoever names a digest means it.
    assert move(two, put=False) == ["allowed", "allowed", "allowed", "allowed", "refused"]
    assert move(other, put=False) == ["allowed"] * 5


def test_an_index_in_an_index_is_shown_as_its_images_are_and_is_no_tag_to_go_to(target: Target) -> None:
    site, document = target.site, make.manifest(target, b"one")
    found = ruled(target)
    outer = make.index(target, [make.index(target, [document])], tag="v1")
    scanned(site, document.digest, [Flaw()])
    assert [outcome(target, outer), own(target, outer)] == ["refused", "allowed"]
    assert [each.digest for each in explained(target, outer).children] == [document.digest]
    with site.db.read() as tx:
        assert newest.allowed(tx, found.id, judging.rules_of(tx, found.id), at=site.now()) is None
    with site.db.write() as tx:
        terms = Terms("CVE-2026-1", "not reachable", "team web", site.now() + timedelta(days=1))
        waivers.create(tx, ACTOR, Scope(target.place, "web", outer.digest), terms, at=site.now())
    assert [outcome(target, document), outcome(target, outer)] == ["allowed", "allowed"]


def test_what_was_in_quarantine_is_in_it_again_when_it_is_deleted_and_pushed_anew(target: Target) -> None:
    site, document = target.site, make.manifest(target, b"one", tag="v1")
    found, content = ruled(target), digests.parse(document.digest)
    for held in (True, False):
        with site.db.write() as tx:
            if held:
                quarantine.put(tx, found, content, ACTOR, at=site.now(), reason="holds a stolen key")
            else:
                quarantine.lift(tx, found, content, ACTOR, at=site.now())
        with site.db.write() as tx:
            manifests.remove(tx, found, content, ACTOR, at=site.now(), keep=trash.kept(site.settings))
        assert make.manifest(target, b"one", tag="v1").digest == document.digest
        assert own(target, document) == ("refused" if held else "allowed")


def test_refused_pulls_make_one_row_a_day_and_one_event_an_hour(target: Target, clock: sites.Clock) -> None:
    site, found = target.site, images.opened(target)
    make.manifest(target, b"one", tag="v1")
    facts: dict[str, Any] = {"reasons": [], "fix": "", "newest_allowed": None, "worst": []}

    def pulls(times: int, outcome: Any = "refused") -> None:
        seen = Refusals()
        for _ in range(times):
            key = Key(found.id, "sha256:aa", "bob", outcome, "unscanned", clock.at.date())
            seen.count(key, Pull("main/apps/web:v1", "v1", facts, Actor("bob"), clock.at))
        with site.db.write() as tx:
            refused.write(tx, seen.take())

    def events() -> int:
        return len(list(trail.newest(site, Filter(action="manifest.pull"))))

    pulls(3)
    pulls(2)
    assert events() == 1
    clock.forward(hours=2)
    pulls(1)
    pulls(4, "warned")
    assert events() == 2
    clock.forward(days=1)
    pulls(1)
    with site.db.read() as tx:
        [row] = refused.page(tx, target.place, Wanted("-last_at"), since=clock.at - timedelta(days=6)).items
        [today] = refused.page(tx, target.place, Wanted("-pulls"), since=clock.at, image_id=found.id).items
        [warned] = refused.page(
            tx, target.place, Wanted("pulls"), since=clock.at - timedelta(days=6), outcomes=["warned"]
        ).items
    assert (row.pulls, today.pulls, warned.pulls) == (7, 1, 4)
    assert (row.image, row.principal, row.reference) == ("main/apps/web", "bob", "v1")
    seen = Refusals()  # of an image that is gone, whose number SQLite has given to this one
    seen.count(
        Key(found.id, "sha256:bb", "eve", "refused", "unscanned", clock.at.date()),
        Pull("main/apps/web-2@sha256:bb", "sha256:bb", facts, Actor("eve"), clock.at),
    )
    with site.db.write() as tx:
        refused.write(tx, seen.take())
        assert len(refused.page(tx, target.place, Wanted("-last_at"), since=clock.at).items) == 1
    clock.forward(days=40)
    refused.forget.run(site)
    with site.db.read() as tx:
        assert not refused.page(tx, target.place, Wanted("-last_at"), since=clock.at - timedelta(days=99)).items
