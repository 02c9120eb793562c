"""What is kept of matches is what advisories say, and every tally is what a count from the beginning comes to.

On PostgreSQL also when two write at the same time, for one of them waits for the other.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError

from berth.audit.events import Actor
from berth.db.tables import component_match, scan_result, vulnerability
from berth.scan import evaluation, results
from berth.scan.evaluation import Matched
from berth.scan.inventory import Kind
from berth.scan.matches import Component, Match, Vulnerability
from berth.scan.tally import Tally
from berth.site import Site
from berth.words.policies import Level
from tests import sites
from tests.scan import evaluating
from tests.sites import Clock

ACTOR = Actor("alice", "127.0.0.1")
FLAWS = ("CVE-1", "CVE-2", "CVE-3")
NUMBERS = itertools.count(1)
"""Examples share a database and nothing else."""

Said = Mapping[str, tuple[Level, str]]
"""Of one component: by flaw its level and the version that mends it."""

said = st.dictionaries(
    st.sampled_from(FLAWS), st.tuples(st.sampled_from(list(Level)), st.sampled_from(["", "2"])), max_size=3
)
KINDS: tuple[Kind, ...] = ("os", "language")
component = st.tuples(st.sampled_from(KINDS), st.sampled_from("abc"), st.sampled_from("12"))
components = st.lists(component, min_size=1, max_size=6, unique=True)


@dataclass(frozen=True)
class World:
    components: Sequence[Component]
    results: Sequence[Mapping[Component, int]]
    """By component how many packages of it a result has."""
    changes: Sequence[Mapping[Component, Said]]
    """What advisories say from then on of some components."""


@st.composite
def worlds(draw: st.DrawFn) -> World:
    prefix = f"p{next(NUMBERS)}"
    made = [
        Component("Debian:12" if kind == "os" else "PyPI", f"{prefix}{name}", version, kind)
        for kind, name, version in draw(components)
    ]
    some = st.dictionaries(st.sampled_from(made), st.integers(1, 3))
    changes = draw(st.lists(st.dictionaries(st.sampled_from(made), said), min_size=1, max_size=4))
    return World(made, draw(st.lists(some, min_size=1, max_size=4)), [{each: {} for each in made}, *changes])


def matches(of: Said) -> list[Match]:
    return [Match(Vulnerability(name), level, "test", fixed) for name, (level, fixed) in of.items()]


def tally(having: Mapping[Component, int], now: Mapping[Component, Said]) -> Tally:
    """From the beginning, and from nothing that is stored."""
    return Tally.of(
        (key.kind, bool(fixed), level, units if key.kind == "os" else 1)
        for key, units in having.items()
        for level, fixed in now[key].values()
    )


def change(tx: Connection, site: Site, numbers: Mapping[Component, int], says: Mapping[Component, Said]) -> set[int]:
    """Returns the results with news."""
    matched = {numbers[key]: Matched(key, matches(of)) for key, of in says.items() if key in numbers}
    told = evaluation.spread(tx, evaluation.keep(tx, matched, at=site.now()))
    return {number for number, each in told.items() if each.opened or each.closed}


def stored(tx: Connection, result_id: int) -> Tally:
    return Tally.from_json(tx.execute(select(scan_result.c.tally).where(scan_result.c.id == result_id)).scalar_one())


def evaluate(tx: Connection, site: Site, result_id: int) -> Tally:
    return evaluation.evaluated(tx, result_id, at=site.now(), advisories="test", advisories_at=site.now())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(worlds())
def test_every_tally_is_at_all_times_what_a_count_comes_to(site: Site, world: World) -> None:
    now: dict[Component, Said] = {}
    with site.db.write() as tx:
        name = world.components[0].name
        ids = [evaluating.store(tx, site, f"{name}-{place}", each) for place, each in enumerate(world.results)]
        numbers = results.component_ids(tx, world.components)
        for place, says in enumerate(world.changes):
            before = dict(now)
            now |= says
            told = change(tx, site, numbers, says)
            if place == 0:
                for each in ids:
                    evaluate(tx, site, each)
            for result_id, having in zip(ids, world.results, strict=True):
                assert stored(tx, result_id) == evaluation.count(tx, result_id) == tally(having, now)
            assert told == {
                result_id
                for result_id, having in zip(ids, world.results, strict=True)
                if any(before.get(key, {}).keys() != now[key].keys() for key in having)
            }


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(worlds(), st.data())
def test_a_result_that_is_evaluated_between_changes_counts_what_is_true_then(
    site: Site, world: World, data: st.DataObject
) -> None:
    late = data.draw(st.integers(0, len(world.changes) - 1), label="evaluated after this change")
    now: dict[Component, Said] = {}
    with site.db.write() as tx:
        result_id = evaluating.store(tx, site, world.components[0].name, world.results[0])
        numbers = results.component_ids(tx, world.components)
        for place, says in enumerate(world.changes):
            now |= says
            told = change(tx, site, numbers, says)
            if place < late:
                assert (stored(tx, result_id), told) == (Tally(), set())
            if place == late:
                evaluate(tx, site, result_id)
        assert stored(tx, result_id) == tally(world.results[0], now)


def test_a_match_that_is_only_told_otherwise_keeps_the_time_at_which_it_was_found(site: Site) -> None:
    key = Component("PyPI", "flask", "1.0", "language")
    first, later = site.now() - timedelta(days=1), site.now()
    with site.db.write() as tx:
        evaluating.store(tx, site, "sha256:a", {key: 1})
        number = results.component_ids(tx, [key])[key]
        for at, says in ((first, {"CVE-1": (Level.LOW, "")}), (later, {"CVE-1": (Level.HIGH, "2"), **OTHER})):
            evaluation.keep(tx, {number: Matched(key, matches(says))}, at=at)
        query = select(vulnerability.c.name, component_match.c.found_at, component_match.c.level)
        rows = tx.execute(query.join_from(component_match, vulnerability).order_by(vulnerability.c.name)).all()
    assert [tuple(row) for row in rows] == [("CVE-1", first, "high"), ("CVE-2", later, "low")]


OTHER: Said = {"CVE-2": (Level.LOW, "")}


@pytest.fixture
def large(postgresql_url: str, tmp_path: Path) -> Iterator[Site]:
    with sites.opened(postgresql_url, Clock(), data=tmp_path) as opened:
        yield opened


@pytest.fixture
def hasty(large: Site) -> Iterator[Connection]:
    with evaluating.hasty(large) as tx:
        yield tx


@pytest.fixture
def alone(large: Site) -> tuple[int, int]:
    """A result that has been evaluated, and its one component."""
    key = Component("PyPI", "flask", "1.0", "language")
    with large.db.write() as tx:
        result_id = evaluating.store(tx, large, "sha256:a", {key: 1})
        number = results.component_ids(tx, [key])[key]
        evaluation.keep(tx, {number: Matched(key, [])}, at=large.now())
        evaluate(tx, large, result_id)
    return result_id, number


FOUND = Matched(Component("PyPI", "flask", "1.0", "language"), matches({"CVE-1": (Level.LOW, "")}))


def test_a_result_is_not_counted_while_its_tally_is_added_to(
    large: Site, hasty: Connection, alone: tuple[int, int]
) -> None:
    result_id, number = alone
    with large.db.write() as tx:
        evaluation.spread(tx, evaluation.keep(tx, {number: FOUND}, at=large.now()))
        with pytest.raises(OperationalError, match="lock"):
            evaluate(hasty, large, result_id)


def test_a_tally_is_not_added_to_while_its_result_is_counted(
    large: Site, hasty: Connection, alone: tuple[int, int]
) -> None:
    result_id, number = alone
    with large.db.write() as tx:
        evaluate(tx, large, result_id)
        with pytest.raises(OperationalError, match="lock"):
            evaluation.spread(hasty, evaluation.keep(hasty, {number: FOUND}, at=large.now()))


def test_a_component_is_matched_by_one_at_a_time(large: Site, hasty: Connection, alone: tuple[int, int]) -> None:
    _, number = alone
    with large.db.write() as tx:
        evaluation.keep(tx, {number: FOUND}, at=large.now())
        with pytest.raises(OperationalError, match="lock"):
            evaluation.keep(hasty, {number: FOUND}, at=large.now())
