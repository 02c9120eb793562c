"""Random images in a database: a run deletes what the test told and no more, and a forecast is what the plan says."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from berth.db.tables import manifest
from berth.retention import facts, forecast
from berth.retention.plan import plan_retention
from berth.words.errors import Locked
from berth.words.policies import DeletionPolicy
from tests import databases, documents, make, sites
from tests.documents import Document
from tests.make import Target
from tests.registry import acts
from tests.retention.test_plan import POLICIES
from tests.retention.test_working import digests, ran, save
from tests.sites import Clock

NAMES = ("v1", "v2", "nightly-1", "nightly-2", "stable")

Step = tuple[str, str | None, int]

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("push"), st.sampled_from([None, *NAMES]), st.integers(0, 9)),
        st.tuples(st.just("index"), st.sampled_from([None, *NAMES]), st.integers(0, 9)),
        st.tuples(st.just("sign"), st.none(), st.integers(0, 9)),
        st.tuples(st.just("fallback"), st.none(), st.integers(0, 9)),
        st.tuples(st.just("lock"), st.none(), st.integers(0, 9)),
        st.tuples(st.just("wait"), st.none(), st.integers(1, 40)),
    ),
    min_size=1,
    max_size=12,
)


def _build(web: Target, clock: Clock, steps: list[Step]) -> None:
    """What a lock refuses is refused, and the next step comes."""
    made: list[Document] = []
    for number, (kind, name, which) in enumerate(steps):
        with suppress(Locked):
            _step(web, clock, made, number, kind, name, which)


def _step(
    web: Target, clock: Clock, made: list[Document], number: int, kind: str, name: str | None, which: int
) -> None:
    if kind == "wait":
        clock.forward(days=which)
    elif kind == "push" or not made:
        made.append(make.manifest(web, f"{number}".encode(), tag=name))
    elif kind == "index":
        made.append(make.index(web, [made[which % len(made)]], tag=name))
    elif kind == "lock":
        acts.lock(web, made[which % len(made)])
    else:
        one = made[which % len(made)]
        signature = documents.artifact(
            one if kind == "sign" else None, "application/vnd.test", annotations={"n": str(number)}
        )
        make.blob(web, b"{}")
        make.push(web, signature, tag=None if kind == "sign" else one.digest.replace(":", "-"))
        made.append(signature)


@contextmanager
def _image(template: Path, folder: Path) -> Iterator[tuple[Target, Clock]]:
    clock = Clock()
    with sites.opened(databases.sqlite_copy(template, folder), clock) as site:
        make.repository(site, "main/apps")
        yield make.image(site, "main/apps/web"), clock


def _named_reach(web: Target) -> set[str]:
    """What a name leads to: digests with names, and what they list."""
    with web.site.db.read() as tx:
        contents = {each.digest: each for each in facts.read(tx, acts.look(web), at=web.site.now())}
    found = {digest for digest, each in contents.items() if each.tags}
    while more := {digest for digest, each in contents.items() if digest not in found and set(each.parents) & found}:
        found |= more
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=settings().max_examples // 2)
@given(steps=STEPS, policy=POLICIES)
def test_a_run_deletes_what_the_test_told_and_never_what_a_kept_name_reaches(
    sqlite_template: Path,
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[Step],
    policy: DeletionPolicy,
) -> None:
    with _image(sqlite_template, tmp_path_factory.mktemp("random")) as (web, clock):
        make.manifest(web, b"first", tag="first")
        _build(web, clock, steps)
        save(web, policy)
        there = digests(web)
        tested, items = ran(web, "test")
        assert tested.state == "done"
        told = {item.digest for item in items if item.deleted}
        assert digests(web) == there
        run, _ = ran(web, "run")
        assert run.state == "done"
        assert there - digests(web) == told
        assert _named_reach(web) <= digests(web)
        if not policy.enabled or not (policy.old.enabled or policy.untagged.enabled):
            assert told == set()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=settings().max_examples // 2)
@given(steps=STEPS, policy=POLICIES)
def test_the_forecast_of_one_digest_is_its_verdict_in_the_plan_of_all(
    sqlite_template: Path,
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[Step],
    policy: DeletionPolicy,
) -> None:
    policy = replace(policy, enabled=True)
    with _image(sqlite_template, tmp_path_factory.mktemp("random")) as (web, clock):
        make.manifest(web, b"first", tag="first")
        _build(web, clock, steps)
        save(web, policy)
        now = web.site.now()
        with web.site.db.read() as tx:
            found = acts.look(web)
            whole = {each.content.id: each for each in plan_retention(facts.read(tx, found, at=now), policy, now)}
            for manifest_id in tx.scalars(select(manifest.c.id).where(manifest.c.image_id == found.id)):
                one = forecast.of(tx, found, [manifest_id], at=now)[manifest_id]
                verdict = whole[manifest_id]
                assert (one.deleted, one.reason, one.due_at) == (verdict.deleted, verdict.reason, verdict.due_at)
                assert bool(one.because) == bool(verdict.because)
