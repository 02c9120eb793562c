"""What nobody needs any more of scans goes, after a time in which whoever comes back finds it still known."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from sqlalchemy import Table, func, insert, select

from berth.audit.events import Actor
from berth.db.tables import (
    component,
    component_match,
    manifest,
    reevaluated,
    reevaluation,
    result_component,
    scan_layer,
    scan_result,
    vulnerability,
)
from berth.registry import manifests, trash
from berth.scan import asking, forgetting, importing, results, working
from berth.scan.advisories import building
from berth.scan.matches import Component
from berth.site import Site
from berth.words import digest as digests
from tests import make, sites
from tests.documents import Document
from tests.make import Target
from tests.registry import acts
from tests.scan import images
from tests.scan.advisories import osv
from tests.sites import Clock

ACTOR = Actor("alice", "127.0.0.1")
TRASH_DAYS = 7
PACKAGE = {"name": "zlib1g", "version": "1.0", "arch": "amd64", "source": "zlib", "source_version": "1.0"}
OTHER = {"name": "tar", "version": "1.0", "arch": "amd64", "source": "tar", "source_version": "1.0"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(database_url: str, clock: Clock, tmp_path: Path) -> Iterator[Site]:
    """With an advisory for zlib, and an image that stays, of which everything is younger."""
    with sites.opened(database_url, clock, data=tmp_path, trash_days=TRASH_DAYS) as opened:
        records = osv.pairs(osv.record("DEBIAN-CVE-2026-1", osv.affected("Debian:12", "zlib", ("introduced", "0"))))
        built = building.build(importing.folder_of(opened), records)
        importing.put_in_force(opened, built.path, ACTOR.name)
        yield opened


@pytest.fixture
def web(site: Site) -> Target:
    return make.image(site, "main/apps/web")


def scanned(target: Target, *installed: dict[str, str], tag: str = "v1") -> Document:
    pushed = images.push(target, images.debian(installed), tag=tag)
    with target.site.db.write() as tx:
        asking.by_hand(tx, target.for_push(tx), [digests.parse(pushed.digest)], ACTOR, at=target.site.now())
    assert working.run_all(target.site) == 1
    return pushed


def delete(target: Target, document: Document) -> None:
    site = target.site
    with site.db.write() as tx:
        found, content = target.for_push(tx), digests.parse(document.digest)
        manifests.remove(tx, found, content, ACTOR, at=site.now(), keep=trash.kept(site.settings))


def count(site: Site, table: Table) -> int:
    with site.db.read() as tx:
        return tx.scalar(select(func.count()).select_from(table)) or 0


def rounds(site: Site, clock: Clock, days: float) -> dict[str, int]:
    """What the hourly job forgets in this time; a few rounds stand for all of them."""
    gone: dict[str, int] = {}
    for _ in range(4):
        clock.forward(days=days / 4)
        trash.purge.run(site)
        gone = {name: gone.get(name, 0) + number for name, number in forgetting.once(site).items()}
    return gone


def total(target: Target, document: Document) -> int | None:
    with target.site.db.read() as tx:
        mine = manifest.c.digest == document.digest
        result_id = tx.scalar(select(manifest.c.result_id).where(mine))
        tally = tx.scalar(select(scan_result.c.tally).where(scan_result.c.id == result_id))
    return None if tally is None else sum(tally)


def test_what_an_image_has_stays_however_old_it_is(site: Site, web: Target, clock: Clock) -> None:
    pushed = scanned(web, PACKAGE)
    gone = rounds(site, clock, 400)
    assert (gone["results"], gone["components"], gone["vulnerabilities"]) == (0, 0, 0)
    assert total(web, pushed) == 1


def test_a_result_that_no_digest_has_is_forgotten_with_all_that_hung_on_it(
    site: Site, web: Target, clock: Clock
) -> None:
    gone_soon, stays = scanned(web, PACKAGE, tag="v1"), scanned(web, OTHER, tag="v2")
    delete(web, gone_soon)
    assert rounds(site, clock, TRASH_DAYS - 1)["results"] == 0
    gone = rounds(site, clock, 30)
    assert (gone["results"], gone["components"], gone["vulnerabilities"]) == (1, 1, 1)
    kept = (scan_result, component, result_component, component_match, vulnerability)
    assert [count(site, table) for table in kept] == [1, 1, 1, 0, 0]
    assert total(web, stays) == 0


def test_what_is_restored_from_the_trash_has_its_result(site: Site, web: Target, clock: Clock) -> None:
    pushed, _ = scanned(web, PACKAGE), scanned(web, OTHER, tag="v2")
    delete(web, pushed)
    rounds(site, clock, TRASH_DAYS - 0.5)
    acts.restore(web, *acts.in_trash(web))
    rounds(site, clock, 30)
    assert total(web, pushed) == 1


def test_a_result_of_two_images_stays_with_the_one_that_is_left(site: Site, web: Target, clock: Clock) -> None:
    other = make.image(site, "main/apps/other")
    pushed, _ = scanned(web, PACKAGE), scanned(other, PACKAGE)
    assert count(site, scan_result) == 1
    delete(web, pushed)
    rounds(site, clock, 60)
    assert total(other, pushed) == 1


def test_what_is_pushed_again_in_time_is_known_still_and_counts_from_then(
    site: Site, web: Target, clock: Clock
) -> None:
    scanned(web, OTHER, tag="stays")
    pushed = scanned(web, PACKAGE)
    delete(web, pushed)
    rounds(site, clock, TRASH_DAYS)
    scanned(web, PACKAGE)
    rounds(site, clock, TRASH_DAYS)
    assert total(web, pushed) == 1
    delete(web, pushed)
    assert rounds(site, clock, TRASH_DAYS - 1)["results"] == 0


def test_a_result_that_waits_for_advisories_is_not_forgotten(database_url: str, clock: Clock, tmp_path: Path) -> None:
    with sites.opened(database_url, clock, data=tmp_path, trash_days=0) as site:
        web = make.image(site, "main/apps/web")
        pushed = scanned(web, PACKAGE)
        assert rounds(site, clock, 60)["results"] == 0
        assert total(web, pushed) is None
        assert count(site, scan_result) == 1


def test_without_a_trash_a_result_is_known_for_one_more_day(database_url: str, clock: Clock, tmp_path: Path) -> None:
    with sites.opened(database_url, clock, data=tmp_path, trash_days=0) as site:
        web = make.image(site, "main/apps/web")
        delete(web, scanned(web, PACKAGE))
        forgetting.once(site)
        clock.forward(hours=23)
        assert forgetting.once(site)["results"] == 0
        clock.forward(hours=1)
        assert forgetting.once(site)["results"] == 1


def test_what_was_read_in_a_layer_is_kept_while_it_is_of_use(site: Site, web: Target, clock: Clock) -> None:
    scanned(web, PACKAGE, tag="v1")
    clock.forward(days=20)
    both = images.push(web, images.debian([PACKAGE]), images.layer({"srv/app": b"1"}), tag="v2")
    with site.db.write() as tx:
        asking.by_hand(tx, web.for_push(tx), [digests.parse(both.digest)], ACTOR, at=site.now())
    working.run_all(site)
    assert count(site, scan_layer) == 2
    clock.forward(days=29)
    assert forgetting.once(site)["layers"] == 0
    clock.forward(days=2)
    assert forgetting.once(site)["layers"] == 2


def test_news_are_kept_for_three_months(site: Site, web: Target, clock: Clock) -> None:
    scanned(web, PACKAGE)
    with site.db.write() as tx:
        of = tx.scalar(select(reevaluation.c.id))
        mine = {"result_id": tx.scalar(select(scan_result.c.id)), "opened": ["CVE-2026-1"], "closed": []}
        tx.execute(insert(reevaluated).values(reevaluation_id=of, **mine))
    clock.forward(days=89)
    assert forgetting.once(site)["news"] == 0
    clock.forward(days=2)
    assert forgetting.once(site)["news"] == 1
    assert (count(site, reevaluation), count(site, reevaluated)) == (0, 0)


def test_a_component_that_somebody_is_about_to_use_is_left_to_the_next_round(
    postgresql_url: str, clock: Clock, tmp_path: Path
) -> None:
    first, newest = (Component("PyPI", name, "1.0", "language") for name in ("flask", "werkzeug"))
    with sites.opened(postgresql_url, clock, data=tmp_path) as site:
        with site.db.write() as tx:
            tx.execute(insert(component), [asdict(first), asdict(newest)])
        with site.db.write() as tx:
            assert first in results.component_ids(tx, [first])
            assert forgetting.once(site)["components"] == 0
        assert forgetting.once(site)["components"] == 1
