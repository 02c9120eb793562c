"""A preview is what asking `may_pull` for each digest comes to, whatever is tried, and changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from berth.audit.events import Actor
from berth.db.tables import image as images_
from berth.db.tables import manifest, tag, waiver
from berth.people.access import Principal
from berth.people.callers import Caller
from berth.registry.images import Image
from berth.registry.pulls import Pulls
from berth.restriction import judging, quarantine, scopes, waivers
from berth.restriction.preview import showing, trying
from berth.restriction.preview.showing import Preview
from berth.restriction.preview.trying import AGAINST, Sums, Trial
from berth.restriction.terms import Terms
from berth.restriction.verdict import Outcome, Rules
from berth.site import Site
from berth.words import digest as digests
from berth.words.policies import MODES, Level, PullPolicy, ScanPolicy
from tests import make, sites
from tests.make import Target
from tests.restriction.found import Flaw, goes, scanned
from tests.scan import images

ACTOR = Actor("ann", "127.0.0.1")
CALLER = Caller(Principal(1, "ann", administrator=True), ACTOR)
OWN = PullPolicy(restrict_vulnerable=True, critical=1, high=2)

pulls = st.builds(
    PullPolicy,
    st.booleans(),
    st.booleans(),
    st.integers(0, 2),
    st.integers(0, 2),
    st.booleans(),
    st.sampled_from(MODES),
    st.sampled_from([0, 5, 20]),
)
scans = st.builds(
    ScanPolicy,
    exclusion=st.booleans(),
    exclude_language_packages=st.booleans(),
    exclude_unfixed=st.booleans(),
    exclude_level=st.none() | st.sampled_from([Level.LOW, Level.HIGH]),
)


@dataclass(frozen=True)
class World:
    """An image with one of everything that is judged."""

    target: Target
    found: Image

    @property
    def site(self) -> Site:
        return self.target.site

    def preview(self, tried: Trial, *, limit: int = 200, after: tuple[str, ...] | None = None) -> Preview:
        at = self.site.now()
        with self.site.db.read() as tx:
            repository_id = self.found.repository_id
            return showing.of(tx, repository_id, tried, at=at, days=7, limit=limit, after=after, image="web")

    def outcomes(self, rules: Rules) -> Mapping[str, Outcome]:
        """By tag, one by one."""
        with self.site.db.read() as tx:
            named = tx.execute(select(tag.c.name, tag.c.manifest_id).where(tag.c.image_id == self.found.id)).all()
            ids = {row.manifest_id for row in named}
            shown = judging.shown(tx, self.found.id, ids, at=self.site.now(), rules=rules)
        return {row.name: shown[row.manifest_id].outcome for row in named}


@pytest.fixture
def world(site: Site, clock: sites.Clock) -> World:
    web = make.image(site, "main/apps/web")
    made = {name: make.manifest(web, name.encode(), tag=name) for name in "abcdefghi"}
    make.push(web, made["b"], tag="b-again")
    make.manifest(web, b"without a tag")
    make.manifest(web, b"a chart", tag="chart", config_type="application/vnd.cncf.helm.config.v1+json")
    make.index(web, [made["a"], made["b"]], tag="whole")
    both = make.index(web, [made["c"], made["d"]], tag="both")
    make.index(web, [both], tag="nested")
    goes(site, made["h"].digest, "failed", "BAD_ARCHIVE")
    flaws = {
        "a": [],
        "b": [Flaw("CVE-7"), Flaw("CVE-2", Level.HIGH, "2"), Flaw("CVE-3", Level.LOW)],
        "c": [Flaw("CVE-1", aliases=("GHSA-1",)), Flaw("CVE-4", fixed="2")],
        "d": [Flaw(f"CVE-1{each}", Level.HIGH) for each in range(3)],
    }
    for name, each in flaws.items():
        scanned(site, made[name].digest, each)
    for name in "ef":
        scanned(site, made[name].digest)
    clock.forward(days=30)
    lately = clock.at - timedelta(days=10)
    for name in "ef":
        scanned(site, made[name].digest, [Flaw("CVE-5", published=lately), Flaw("CVE-6", published=lately)])
    clock.forward(days=1)  # by now all of it is known, and a digest that passes first is not surprised by any
    scanned(site, made["i"].digest, [Flaw("CVE-5", published=lately), Flaw("CVE-6", published=lately)])
    scanned(site, made["f"].digest, [Flaw("CVE-6", published=lately), Flaw("CVE-8", published=clock.at)])
    found = images.opened(web)
    with site.db.write() as tx:
        tx.execute(update(images_).where(images_.c.id == found.id).values(policy_pull=OWN.to_json()))
        quarantine.put(tx, found, digests.parse(made["g"].digest), ACTOR, at=site.now(), reason="stolen key")
        for place, name in (
            ("main", "ghsa-1"),
            (f"main/apps/web@{made['e'].digest}", "CVE-5"),
            ("main/apps", "CVE-12"),
        ):
            terms = Terms(name, "known", "ann", site.now() + timedelta(days=9))
            waivers.create(tx, ACTOR, scopes.opened(tx, CALLER, place), terms, at=site.now())
    return World(web, found)


@settings(max_examples=settings().max_examples // 5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pulls, scans)
def test_a_preview_is_what_judging_each_tag_comes_to(world: World, pull: PullPolicy, scan: ScanPolicy) -> None:
    now = world.outcomes(Rules(OWN))
    shown = world.preview(Trial(pull, scan))
    tried = world.outcomes(Rules(pull, scan))
    assert shown.tags == len(now)
    _is_sum_of(shown.tried, tried, now)
    assert {each.tag: (each.verdict.outcome, each.now) for each in shown.page.items} == {
        name: (outcome, now[name]) for name, outcome in tried.items() if outcome in AGAINST
    }
    assert {each.field for each in shown.switches} == {
        name for name in trying.SWITCHES if getattr(pull, name) != getattr(OWN, name)
    }
    for switch in shown.switches:
        alone = replace(OWN, **{switch.field: getattr(pull, switch.field)})
        _is_sum_of(switch.sums, world.outcomes(Rules(alone)), now)


def test_a_preview_is_so_too_where_nothing_is_waived_nor_within_a_grace(world: World) -> None:
    with world.site.db.write() as tx:
        tx.execute(delete(waiver))
    now = world.outcomes(Rules(OWN))
    for pull in (PullPolicy(restrict_unscanned=True), replace(OWN, critical=0, mode="warn"), replace(OWN, high=0)):
        tried = world.outcomes(Rules(pull))
        shown = world.preview(Trial(pull, ScanPolicy()))
        assert shown.tags == len(now)
        _is_sum_of(shown.tried, tried, now)
        assert {each.tag: each.verdict.outcome for each in shown.page.items} == {
            name: outcome for name, outcome in tried.items() if outcome in AGAINST
        }


def _is_sum_of(sums: Sums, tried: Mapping[str, Outcome], now: Mapping[str, Outcome]) -> None:
    refused, was = ({name for name, each in some.items() if each == "refused"} for some in (tried, now))
    assert (sums.refused, sums.more, sums.fewer) == (len(refused), len(refused - was), len(was - refused))
    assert sums.partly == sum(each == "partly" for each in tried.values())
    assert sums.warned == sum(each == "warned" for each in tried.values())


def test_a_preview_names_the_tags_page_by_page_and_who_pulled_them_lately(world: World) -> None:
    site, seen = world.site, Pulls()
    with site.db.read() as tx:
        named = select(tag.c.name, manifest.c.id, manifest.c.digest).join(manifest, manifest.c.id == tag.c.manifest_id)
        pulled = {row.name: (row.id, row.digest) for row in tx.execute(named)}
    for name, who, days in (("b", "ci", 1), ("b", "bob", 3), ("c", "ci", 2), ("h", "bob", 20), ("a", "eve", 1)):
        seen.count(*pulled[name], who, site.now() - timedelta(days=days), by_tag=True)
        taken = seen.take()
        assert taken is not None
        with site.db.write() as tx:
            taken.write(tx)
    tried = Trial(PullPolicy(restrict_unscanned=True, restrict_vulnerable=True, critical=0))
    whole = world.preview(tried)
    names = [each.tag for each in whole.page.items]
    assert names == ["b", "b-again", "both", "c", "d", "e", "f", "g", "h", "i", "nested", "whole"]
    pages: list[list[str]] = []
    after = None
    while after is not None or not pages:
        page = world.preview(tried, limit=4, after=after).page
        pages.append([each.tag for each in page.items])
        after = page.next
    assert pages == [names[:4], names[4:8], names[8:]]
    assert whole.tried.pulled == 3
    assert [(each.principal, each.digests) for each in whole.pulled_by] == [("ci", 2), ("bob", 1)]
    by_tag = {each.tag: [who.principal for who in each.pulled_by] for each in whole.page.items}
    assert (by_tag["b"], by_tag["c"], by_tag["h"]) == (["ci", "bob"], ["ci"], [])


def test_a_preview_of_a_repository_tries_its_default_on_all_images(world: World) -> None:
    other = make.image(world.site, "main/apps/other")
    make.manifest(other, b"never scanned", tag="v1")
    tried = Trial(PullPolicy(restrict_unscanned=True))
    with world.site.db.read() as tx:
        before = tx.execute(select(images_.c.policy_pull, images_.c.version)).all()
        found = showing.of(tx, world.found.repository_id, tried, at=world.site.now(), days=7, limit=200)
        assert tx.execute(select(images_.c.policy_pull, images_.c.version)).all() == before
    assert (found.images, found.tags) == (2, 15)
    assert [(each.image, each.tag) for each in found.page.items] == [("other", "v1"), ("web", "g"), ("web", "h")]
    paged: list[tuple[str, str]] = []
    after = None
    while after is not None or not paged:
        with world.site.db.read() as tx:
            page = showing.of(
                tx, world.found.repository_id, tried, at=world.site.now(), days=7, limit=1, after=after
            ).page
        paged += [(each.image, each.tag) for each in page.items]
        after = page.next
    assert paged == [("other", "v1"), ("web", "g"), ("web", "h")]
    assert found.tried.digests == 4
    alone = {each.field: (each.sums.more, each.sums.fewer) for each in found.switches}
    assert alone["restrict_unscanned"] == (2, 0)
