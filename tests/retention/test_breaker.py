"""The circuit breaker: what stops a run, who lets it go on, and what becomes of it then."""

from dataclasses import replace
from typing import Any

import pytest

from berth.jobs import run_jobs
from berth.retention import breaker, runs, working
from berth.retention.plan import plan_retention
from berth.site import Site
from berth.words.errors import RunGoesOn, RunNotWaiting
from berth.words.policies import DeletionPolicy
from berth.worker import JOBS
from tests.documents import Document
from tests.make import Target
from tests.registry import acts
from tests.retention.test_plan import BOTH, NOW, content
from tests.retention.test_working import GOING, POLICY, ask, digests, look, named, ran, save, shelf
from tests.sites import Clock

__all__ = ["shelf"]


def trips(*names: str, kept: int = 0, **fields: Any) -> str:  # Any: fields of the policy
    image = [content(name, tags=(f"tag-{name}",)) for name in names]
    image += [content(f"kept{number}", 1, tags=(f"kept-{number}",)) for number in range(kept)]
    policy = replace(BOTH, **fields)
    return breaker.trips(plan_retention(image, policy, NOW), policy)


def test_it_is_off_unless_it_is_asked_for() -> None:
    assert trips("a", "b", "c") == ""


def test_a_count_is_exceeded_and_not_only_reached() -> None:
    assert trips("a", "b", breaker_count=2) == ""
    assert "3 digests would be deleted" in trips("a", "b", "c", breaker_count=2)


def test_a_share_is_exceeded_and_not_only_reached() -> None:
    assert trips("a", kept=1, breaker_share=50) == ""
    assert "66.7 %" in trips("a", "b", kept=1, breaker_share=50)


def test_the_last_tag_of_an_image_is_not_taken_unasked() -> None:
    assert trips("a", kept=1, breaker_last_tag=True) == ""
    assert "the last tag" in trips("a", "b", breaker_last_tag=True)
    assert trips(breaker_last_tag=True) == ""


STOPPED = replace(POLICY, breaker_count=2)


def test_a_run_waits_deletes_nothing_and_goes_on_when_it_is_approved(web: Target, shelf: dict[str, Document]) -> None:
    save(web, STOPPED)
    there = digests(web)
    run, items = ran(web, "run")
    assert (run.state, run.ended_at, run.approved_by) == ("waiting", None, None)
    assert "5 digests would be deleted, and 2 may be" in run.breaker
    assert digests(web) == there
    assert named(shelf, [item.digest for item in items]) == GOING
    with pytest.raises(RunGoesOn):
        ask(web, "run")
    acts.on(web, working.approve, run.id, acts.PERSON)
    run_jobs(web.site, JOBS)
    done, _ = look(web, run.id)
    assert (done.state, done.deleted, done.approved_by) == ("done", 5, "ann")
    assert named(shelf, list(there - digests(web))) == GOING
    with pytest.raises(RunNotWaiting):
        acts.on(web, working.approve, run.id, acts.PERSON)


def test_a_run_that_is_refused_deletes_nothing_and_lets_others_begin(web: Target, shelf: dict[str, Document]) -> None:
    save(web, STOPPED)
    there = digests(web)
    run, _ = ran(web, "run")
    acts.on(web, working.refuse, run.id, acts.PERSON)
    run_jobs(web.site, JOBS)
    refused, _ = look(web, run.id)
    assert (refused.state, refused.reason, refused.deleted) == ("refused", "refused by ann", 0)
    assert digests(web) == there
    assert shelf
    assert ran(web, "run")[0].state == "waiting"


def test_what_is_locked_while_a_run_waits_stays(web: Target, shelf: dict[str, Document]) -> None:
    save(web, STOPPED)
    run, _ = ran(web, "run")
    acts.lock(web, shelf["bare"])
    acts.on(web, working.approve, run.id, acts.PERSON)
    run_jobs(web.site, JOBS)
    _, items = look(web, run.id)
    assert {item.outcome for item in items if item.digest == shelf["bare"].digest} == {"drifted"}
    assert shelf["bare"].digest in digests(web)


def test_a_policy_that_changes_while_a_run_waits_ends_it(web: Target, shelf: dict[str, Document]) -> None:
    save(web, STOPPED)
    run, _ = ran(web, "run")
    save(web, DeletionPolicy())
    there = digests(web)
    acts.on(web, working.approve, run.id, acts.PERSON)
    run_jobs(web.site, JOBS)
    ended, _ = look(web, run.id)
    assert (ended.state, ended.reason) == ("failed", "the policy was changed meanwhile")
    assert digests(web) == there
    assert shelf


@pytest.mark.usefixtures("shelf")
def test_a_test_tells_that_a_run_would_wait(web: Target) -> None:
    save(web, STOPPED)
    run, _ = ran(web, "test")
    assert (run.state, run.deleted) == ("done", 5)
    assert "5 digests would be deleted" in run.breaker


@pytest.mark.usefixtures("shelf")
def test_every_hour_one_run_waits_and_no_more(web: Target, site: Site) -> None:
    save(web, STOPPED)
    for _ in range(3):
        with site.db.write() as tx:
            working.apply_due.put(tx, at=site.now())
        run_jobs(site, JOBS)
    with site.db.read() as tx:
        waiting = runs.unended(tx, limit=10)
    assert [(path, run.state) for path, run in waiting] == [("main/apps/web", "waiting")]


def test_a_run_bound_to_a_test_is_measured_by_what_that_has_found(
    web: Target, shelf: dict[str, Document], clock: Clock
) -> None:
    save(web, replace(POLICY, breaker_count=5))
    test, _ = ran(web, "test")
    assert test.breaker == ""
    clock.forward(days=40)
    assert "7 digests would be deleted" in ran(web, "test")[0].breaker
    run, _ = ran(web, "run", source=test.id)
    assert (run.state, run.breaker, run.deleted) == ("done", "", 5)
    assert named(shelf, sorted(digests(web))) == {"young", "fresh"}


def test_the_share_of_a_bound_run_is_one_of_the_whole_image(
    web: Target, shelf: dict[str, Document], clock: Clock
) -> None:
    save(web, replace(POLICY, breaker_share=70))
    test, _ = ran(web, "test")
    clock.forward(days=40)
    run, _ = ran(web, "run", source=test.id)
    assert (run.state, run.breaker) == ("waiting", test.breaker)
    assert "71.4 %" in run.breaker
    assert len(shelf) == len(digests(web))
