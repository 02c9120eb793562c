"""Scans and changes of advisories, one in the midst of the other: what comes last counts, and exactly that is told."""

import itertools
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import OperationalError

from berth.audit.events import Actor
from berth.db.pages import Wanted
from berth.db.tables import advisory_file, audit_event, image, manifest, result_component, scan_result
from berth.db.tables import component as component_rows
from berth.registry import rows
from berth.registry.rows import Filters
from berth.scan import asking, evaluation, importing, library, news, reevaluation, results, standing, working
from berth.scan.advisories import building
from berth.scan.inventory import Inventory
from berth.scan.layers.contents import ANALYZER_VERSION
from berth.scan.matches import Component
from berth.scan.tally import cell
from berth.site import Site
from berth.words import digest as digests
from berth.words.policies import Level, ScanPolicy
from tests import make, sites
from tests.documents import Document
from tests.long import LONG
from tests.make import Target
from tests.scan import evaluating, images
from tests.scan.advisories import osv
from tests.scan.advisories.osv import JSON
from tests.sites import Clock

ACTOR = Actor("alice", "127.0.0.1")


@pytest.fixture
def web(site: Site) -> Target:
    return make.image(site, "main/apps/web")


def moments(site: Site) -> Iterator[int]:
    """Before which of its transactions something is interrupted: on each database before every other, or before all."""
    return itertools.count() if LONG else itertools.count(int(site.db.is_embedded), 2)


def flawed(name: str, *, fixed: str = "", of: str = "") -> JSON:
    """A record: all versions of a package, which it is named for if no other is given, or those before this one."""
    events = [("introduced", "0"), *([("fixed", fixed)] if fixed else [])]
    return osv.record(f"TEST-{name}", osv.affected("Debian:12", of or name, *events))


def built(site: Site, *records: JSON) -> Path:
    """Advisories that are made and not in force, of these records beside those that are."""
    return building.change(importing.here(site), osv.pairs(*records)).path


def put_in_force(site: Site, *records: JSON) -> reevaluation.Outcome:
    return importing.put_in_force(site, built(site, *records), ACTOR.name)


def pushed(target: Target, name: str) -> Document:
    """An image with one package, of which all is known but what advisories say."""
    package = {"name": name, "version": "1.0", "arch": "amd64", "source": name, "source_version": "1.0"}
    document = images.push(target, images.debian([package]))
    with target.site.db.write() as tx:
        evaluating.store(tx, target.site, document.digest, {Component("Debian:12", name, "1.0", "os"): 1})
    return document


def ask(target: Target, document: Document) -> None:
    with target.site.db.write() as tx:
        asking.by_hand(tx, target.for_push(tx), [digests.parse(document.digest)], ACTOR, at=target.site.now())


@dataclass(frozen=True)
class Shown:
    state: str
    findings: int
    counted: int
    advisories: str


def shown(target: Target, document: Document) -> Shown:
    """What is stored of a digest, and what counting it comes to."""
    with target.site.db.read() as tx:
        query = select(manifest.c.scan_state, scan_result.c.id, scan_result.c.tally, scan_result.c.advisories)
        mine = query.join(scan_result, scan_result.c.id == manifest.c.result_id)
        row = tx.execute(mine.where(manifest.c.digest == document.digest)).one()
        return Shown(row.scan_state, sum(row.tally), sum(evaluation.count(tx, row.id).cells), row.advisories)


def affected_at(target: Target, document: Document) -> datetime | None:
    found = images.opened(target)
    with target.site.db.read() as tx:
        row = rows.one(tx, found, digests.parse(document.digest), at=target.site.now())
        assert row is not None
        return standing.of(tx, found, [row], at=target.site.now())[row.id].newly_affected_at


def listed_as_newly_affected(target: Target) -> set[str]:
    found = images.opened(target)
    with target.site.db.read() as tx:
        among = standing.newly_affected(tx, found)
        filters = Filters(among=among, everything=True)
        page = rows.page(tx, found, Wanted("name", 10), at=target.site.now(), filters=filters)
    return {row.digest for row in page.items}


def in_force(site: Site) -> str:
    with site.db.read() as tx:
        current = library.current(tx)
    assert current is not None
    return current.id


def test_a_scan_in_whose_midst_advisories_come_into_force_goes_by_the_new_ones(site: Site, web: Target) -> None:
    put_in_force(site, flawed("unrelated"))
    for place in moments(site):
        document = pushed(web, f"midst{place}")
        ask(web, document)
        path = built(site, flawed(f"midst{place}"))
        with evaluating.interrupted(site, place, partial(importing.put_in_force, site, path, "x")) as (ours, database):
            working.run_all(ours)
        if not database.happened:
            break
        assert shown(web, document) == Shown("done", 1, 1, in_force(site))
    assert place > 5


def test_advisories_in_whose_midst_a_scan_ends_leave_it_with_the_new_ones(site: Site, web: Target) -> None:
    put_in_force(site, flawed("unrelated"))
    for place in moments(site):
        document = pushed(web, f"ends{place}")
        ask(web, document)
        path = built(site, flawed(f"ends{place}"))
        with evaluating.interrupted(site, place, partial(working.run_all, site)) as (ours, database):
            importing.put_in_force(ours, path, ACTOR.name)
        if not database.happened:
            break
        assert shown(web, document) == Shown("done", 1, 1, in_force(site))
    assert place > 5


def test_a_result_that_is_forgotten_in_the_midst_of_a_scan_is_made_anew(site: Site, web: Target) -> None:
    put_in_force(site, *(flawed(f"gone{each}") for each in range(30)))

    def forget() -> None:
        """As if nobody had asked for so long that its time was over."""
        with site.db.write() as tx:
            named = select(manifest.c.result_id).where(manifest.c.result_id.is_not(None))
            tx.execute(delete(scan_result).where(scan_result.c.id.not_in(named)))
            used = select(result_component.c.component_id)
            tx.execute(delete(component_rows).where(component_rows.c.id.not_in(used)))

    for place in moments(site):
        document = pushed(web, f"gone{place}")
        ask(web, document)
        with evaluating.interrupted(site, place, forget) as (ours, database):
            working.run_all(ours)
        if not database.happened:
            break
        assert shown(web, document) == Shown("done", 1, 1, in_force(site))
    assert place > 5


def test_exactly_the_digests_that_advisories_speak_of_have_news_which_name_what_opened_and_what_closed(
    site: Site, web: Target
) -> None:
    put_in_force(site, flawed("hit"), flawed("other"))
    hit, missed = pushed(web, "hit"), pushed(web, "missed")
    for each in (hit, missed):
        ask(web, each)
    working.run_all(site)
    for key in list(site.blobs.objects()):
        site.blobs.delete(key.name)  # no layer is read
    outcome = put_in_force(site, flawed("hit", fixed="0.9"), flawed("hit-2", of="hit"))
    assert (outcome.opened, outcome.closed, len(outcome.results)) == (1, 1, 1)
    with site.db.read() as tx:
        [told] = news.of_digests(tx, Wanted("-id")).items
        [last, *_] = news.page(tx, Wanted("-at")).items
    assert (told.digest, told.opened, told.closed) == (hit.digest, ["TEST-hit-2"], ["TEST-hit"])
    assert (last.results, last.opened, last.closed, last.components) == (1, 1, 1, 1)
    assert [shown(web, each).findings for each in (hit, missed)] == [1, 0]


def test_a_level_that_changes_is_counted_and_is_no_news(site: Site, web: Target) -> None:
    put_in_force(site, flawed("level"))
    document = pushed(web, "level")
    ask(web, document)
    working.run_all(site)
    rated = osv.affected("Debian:12", "level", ("introduced", "0"), ecosystem_specific={"urgency": "high"})
    outcome = put_in_force(site, flawed("level") | {"affected": [rated]})
    assert outcome.results == {}
    with site.db.read() as tx:
        [row] = tx.scalars(select(scan_result.c.tally))
    assert row[cell("os", Level.HIGH, fixed=False)] == sum(row) == 1
    assert shown(web, document).counted == 1


def test_advisories_that_are_cut_off_lose_no_news(site: Site, web: Target) -> None:
    put_in_force(site, flawed("unrelated"))
    document = pushed(web, "cut")
    ask(web, document)
    working.run_all(site)

    def cut_off() -> None:
        raise ConnectionError

    path = built(site, flawed("cut"))
    for place in moments(site):
        with evaluating.interrupted(site, place, cut_off) as (ours, database), suppress(ConnectionError):
            importing.put_in_force(ours, path, ACTOR.name)
        if not database.happened:
            break
    with site.db.read() as tx:
        [told] = news.of_digests(tx, Wanted("id")).items
    assert told.opened == ["TEST-cut"]
    assert shown(web, document) == Shown("done", 1, 1, in_force(site))


def test_two_images_with_the_same_digest_share_a_result(site: Site, web: Target) -> None:
    put_in_force(site, flawed("zlib"))
    other = make.image(site, "main/apps/other")
    package = {"name": "zlib", "version": "1.0", "arch": "amd64", "source": "zlib", "source_version": "1.0"}
    first = images.push(web, images.debian([package]))
    ask(web, first)
    working.run_all(site)
    second = images.push(other, images.debian([package]))
    assert second.digest == first.digest
    for key in list(site.blobs.objects()):
        site.blobs.delete(key.name)
    ask(other, second)
    working.run_all(site)
    with site.db.read() as tx:
        states = tx.execute(select(manifest.c.scan_state, manifest.c.result_id)).all()
        assert tx.scalar(select(func.count()).select_from(scan_result)) == 1
    assert len(states) == 2
    assert len(set(states)) == 1
    assert states[0].scan_state == "done"


def test_digests_that_are_newly_affected_say_so_until_they_are_read_anew(site: Site, web: Target) -> None:
    put_in_force(site, flawed("unrelated"))
    one, other = pushed(web, "newly"), pushed(web, "never")
    for document in (one, other):
        ask(web, document)
    working.run_all(site)
    assert (affected_at(web, one), affected_at(web, other)) == (None, None)
    outcome = put_in_force(site, flawed("newly"))
    assert (affected_at(web, one), affected_at(web, other)) == (outcome.at, None)
    both = make.index(web, [one, other])
    assert affected_at(web, both) == outcome.at
    assert listed_as_newly_affected(web) == {one.digest, both.digest}
    with site.db.read() as tx:
        told = tx.execute(select(audit_event.c.after).where(audit_event.c.action == "scan.news")).scalars().all()
        listed = news.of_digests(tx, Wanted("-id", 10), affected=True).items
        others = news.of_digests(tx, Wanted("-id", 10), affected=False).items
    numbers = {"results": 1, "newly_affected": 1, "opened": 1, "closed": 0}
    assert told == [{"advisories": in_force(site), "reevaluation": outcome.id, **numbers}]
    assert ([each.digest for each in listed], others) == ([one.digest], [])
    with site.db.write() as tx:
        tx.execute(update(scan_result).values(taken_at=site.now()))
    assert affected_at(web, one) is None
    assert listed_as_newly_affected(web) == set()


def test_what_a_policy_leaves_out_whole_is_not_newly_affected(site: Site, web: Target) -> None:
    put_in_force(site, flawed("unrelated"))
    document = pushed(web, "hidden")
    ask(web, document)
    working.run_all(site)
    put_in_force(site, flawed("hidden"))
    assert affected_at(web, document) is not None
    with site.db.write() as tx:
        [told] = news.of_digests(tx, Wanted("-id", 10)).items
        assert (told.opened, told.hidden) == (["TEST-hidden"], 0)
        policy = ScanPolicy(exclusion=True, exclude_level=Level.CRITICAL)
        tx.execute(update(image).values(policy_scan=policy.to_json()))
        [told] = news.of_digests(tx, Wanted("-id", 10)).items
        assert (told.opened, told.hidden) == ([], 1)
    assert affected_at(web, document) is None
    assert listed_as_newly_affected(web) == set()


def test_a_digest_is_newly_affected_only_by_what_its_policy_leaves(site: Site, web: Target) -> None:
    put_in_force(site, flawed("known", of="left", fixed="2"))
    document = pushed(web, "left")
    ask(web, document)
    working.run_all(site)
    fixed = put_in_force(site, flawed("fixed", of="left", fixed="2"))
    unfixed = put_in_force(site, flawed("unfixed", of="left"))
    assert affected_at(web, document) == unfixed.at
    with site.db.write() as tx:
        tx.execute(update(image).values(policy_scan=ScanPolicy(exclusion=True, exclude_unfixed=True).to_json()))
    assert affected_at(web, document) == fixed.at
    put_in_force(site, flawed("fixed", of="left"))
    assert affected_at(web, document) is None


def test_what_advisories_take_back_is_newly_affected_no_more(site: Site, web: Target) -> None:
    put_in_force(site, flawed("old", of="back"))
    document = pushed(web, "back")
    ask(web, document)
    working.run_all(site)
    first = put_in_force(site, flawed("one", of="back"))
    put_in_force(site, flawed("two", of="back"))
    put_in_force(site, flawed("two", of="back", fixed="0.9"))
    assert affected_at(web, document) == first.at
    put_in_force(site, flawed("one", of="back", fixed="0.9"))
    assert affected_at(web, document) is None
    with site.db.read() as tx:
        assert news.of_digests(tx, Wanted("-id", 10), affected=True).items == []
        told = news.of_digests(tx, Wanted("id", 10)).items
    assert [(each.opened, each.closed) for each in told] == [
        (["TEST-one"], []),
        (["TEST-two"], []),
        ([], ["TEST-two"]),
        ([], ["TEST-one"]),
    ]


def test_what_another_package_of_a_digest_still_has_is_not_closed(site: Site, web: Target) -> None:
    both = [osv.affected("Debian:12", name, ("introduced", "0")) for name in ("one", "other")]
    put_in_force(site, osv.record("TEST-both", *both))
    document = pushed(web, "one")
    with site.db.write() as tx:
        evaluating.store(
            tx, site, document.digest, {Component("Debian:12", n, "1.0", "os"): 1 for n in ("one", "other")}
        )
    ask(web, document)
    working.run_all(site)
    outcome = put_in_force(site, osv.record("TEST-both", both[1]))
    assert (outcome.closed, shown(web, document).findings) == (0, 1)
    outcome = put_in_force(site, osv.record("TEST-both", osv.affected("Debian:12", "other", ("introduced", "2"))))
    assert (outcome.closed, shown(web, document).findings) == (1, 0)


def test_what_is_read_anew_leaves_the_last_good_result_in_force_until_it_is_matched(site: Site, web: Target) -> None:
    put_in_force(site, flawed("gone"), flawed("there"), flawed("also", of="there"))
    document = pushed(web, "there")
    with site.db.write() as tx:
        evaluating.store(tx, site, document.digest, {Component("Debian:12", "gone", "1.0", "os"): 1})
    ask(web, document)
    working.run_all(site)
    with site.db.write() as tx:
        tx.execute(update(scan_result).values(analyzer=ANALYZER_VERSION - 1))
    ask(web, document)
    seen: list[tuple[int, int]] = []

    def look() -> None:
        found = shown(web, document)
        with site.db.read() as tx:
            assert tx.scalar(select(scan_result.c.evaluated_at)) is not None
        seen.append((found.findings, found.counted))

    with evaluating.watched(site, look) as ours:
        working.run_all(ours)
    assert (seen[0], seen[-1], set(seen)) == ((1, 1), (2, 2), {(1, 1), (2, 2)})
    with site.db.read() as tx:
        assert tx.scalar(select(scan_result.c.analyzer)) == ANALYZER_VERSION
        [linked] = tx.execute(select(component_rows.c.name).join(result_component)).scalars()
    assert linked == "there"


def test_what_scanners_of_others_said_does_not_change_with_advisories_of_ours(site: Site) -> None:
    put_in_force(site, flawed("unrelated"))
    with site.db.write() as tx:
        at = site.now()
        result_id = results.store(tx, "sha256:a", Inventory(None), scanner="trivy", scanner_version="1", at=at)
        evaluation.evaluated(tx, result_id, at=at, advisories="theirs", advisories_at=at)
    put_in_force(site, flawed("another"))
    with site.db.read() as tx:
        kept = results.get(tx, result_id)
    assert kept is not None
    assert (kept.evaluated_at, kept.advisories) == (at, "theirs")


def test_advisories_do_not_change_while_a_scan_goes_by_them(postgresql_url: str, tmp_path: Path) -> None:
    with sites.opened(postgresql_url, Clock(), data=tmp_path) as site:
        put_in_force(site, flawed("unrelated"))
        with evaluating.hasty(site) as other, site.db.write() as tx:
            assert evaluation.under(tx, in_force(site))
            with pytest.raises(OperationalError, match="lock"):
                other.execute(update(advisory_file).values(state=library.PREVIOUS))
