"""A test or run always ends, and what is at hand never keeps the next one out."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from berth.db.pages import Wanted
from berth.db.tables import image, retention_item, retention_run
from berth.jobs import run_jobs, run_next
from berth.registry import editing, images
from berth.registry.editing import Chosen
from berth.retention import facts, runs, working
from berth.retention.plan import plan_retention
from berth.retention.runs import Kind
from berth.site import Site
from berth.words.policies import DeletionPolicy
from berth.worker import JOBS
from tests import make
from tests.documents import Document
from tests.make import Target
from tests.registry import acts
from tests.retention.test_working import POLICY, ask, digests, look, named, ran, save, shelf
from tests.sites import Clock

__all__ = ["shelf"]

STOPPED = replace(POLICY, breaker_count=1)


def hour(site: Site) -> None:
    with site.db.write() as tx:
        working.apply_due.put(tx, at=site.now())
    run_jobs(site, JOBS)


def edit(web: Target, policy: DeletionPolicy) -> None:
    acts.on(web, editing.image_, acts.PERSON, policies=Chosen(deletion=policy))


def test_the_test_that_a_run_is_bound_to_is_kept_however_many_come_after_it(
    web: Target, shelf: dict[str, Document], site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "KEPT", 2)
    test, _ = ran(web, "test")
    run_id = ask(web, "run", source=test.id)
    for _ in range(4):
        clock.forward(minutes=1)
        later = ask(web, "test")
        working.test.run(site, run_id=later)
    run_jobs(site, JOBS)
    assert look(web, run_id)[0].state == "done"
    assert named(shelf, sorted(digests(web))) == {"young", "fresh"}
    ran(web, "test")
    with site.db.read() as tx:
        kept = runs.page(tx, acts.look(web), Wanted("-asked_at"), kind="test").items
        assert test.id not in {each.id for each in kept}
        assert (
            tx.scalar(select(func.count()).select_from(retention_item).where(retention_item.c.run_id == test.id)) == 0
        )


def test_a_run_whose_test_is_gone_ends_with_the_reason(web: Target, shelf: dict[str, Document], site: Site) -> None:
    test, _ = ran(web, "test")
    run_id = ask(web, "run", source=test.id)
    with site.db.write() as tx:
        tx.execute(update(retention_run).where(retention_run.c.id == test.id).values(state="failed"))
    run_jobs(site, JOBS)
    run, _ = look(web, run_id)
    assert run.state == "failed"
    assert "source" in run.reason
    assert named(shelf, sorted(digests(web))) == set(shelf)
    assert ran(web, "run")[0].state == "done"


@pytest.mark.parametrize("kind", ["test", "run"])
def test_what_fails_again_and_again_is_given_up_with_the_reason(
    web: Target, shelf: dict[str, Document], site: Site, clock: Clock, kind: Kind
) -> None:
    assert shelf
    unwritable(site)
    run_id = ask(web, kind)
    for _ in range(working.ATTEMPTS - 1):
        ran_ = run_next(site, JOBS)
        assert ran_ is not None
        assert ran_.error is not None
        assert look(web, run_id)[0].state == "running"
        clock.forward(hours=1)
    run_jobs(site, JOBS)
    run, _ = look(web, run_id)
    assert run.state == "failed"
    assert run.reason.startswith(f"given up after {working.ATTEMPTS} attempts: ")
    assert "stuck" in run.reason
    writable(site)
    assert ran(web, kind)[0].state == "done"


def unwritable(site: Site, which: str = "new.place >= 0") -> None:
    """These items of any run cannot be written."""
    before = "CREATE TRIGGER stuck BEFORE INSERT ON retention_item"
    forbid = {
        "sqlite": [f"{before} WHEN {which} BEGIN SELECT RAISE(ABORT, 'stuck'); END"],
        "postgresql": [
            "CREATE FUNCTION stuck() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'stuck'; END $$",
            f"{before} FOR EACH ROW WHEN ({which}) EXECUTE FUNCTION stuck()",
        ],
    }
    with site.db.write() as tx:
        for statement in forbid[tx.dialect.name]:
            tx.execute(text(statement))


def writable(site: Site) -> None:
    with site.db.write() as tx:
        tx.execute(text("DROP TRIGGER stuck" + (" ON retention_item" if tx.dialect.name == "postgresql" else "")))


def test_a_run_whose_worker_dies_each_time_is_given_up(
    web: Target, shelf: dict[str, Document], site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_given: Any) -> str:  # Any: as it is called
        raise Killed

    run_id = ask(web, "run")
    monkeypatch.setattr(working, "prepare", die)
    for _ in range(working.ATTEMPTS):
        with pytest.raises(Killed):
            working.run.run(site, run_id=run_id)
    run_jobs(site, JOBS)
    run, _ = look(web, run_id)
    assert (run.state, named(shelf, sorted(digests(web)))) == ("failed", set(shelf))
    assert "its worker went away" in run.reason


def test_a_plan_that_was_cut_off_is_made_anew(
    web: Target, shelf: dict[str, Document], site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is written in many transactions, so that others may write in between, and counts when it is whole."""
    monkeypatch.setattr(runs, "AT_ONCE", 2)
    unwritable(site, "new.place >= 4")
    run_id = ask(web, "run")
    assert run_next(site, JOBS) is not None
    with site.db.read() as tx:
        assert tx.scalar(select(func.count()).select_from(retention_item)) == 4
    run, items = look(web, run_id)
    assert (run.state, run.planned_at, items) == ("running", None, [])
    writable(site)
    clock.forward(hours=1)
    run_jobs(site, JOBS)
    assert look(web, run_id)[0].deleted == 5
    assert named(shelf, sorted(digests(web))) == {"young", "fresh"}


@pytest.mark.parametrize("policy", [POLICY, DeletionPolicy()])
def test_a_run_that_waits_ends_when_its_policy_is_edited(
    web: Target, shelf: dict[str, Document], site: Site, policy: DeletionPolicy
) -> None:
    """Be it that the limit is raised or that the policy is switched off."""
    save(web, STOPPED)
    run, _ = ran(web, "run")
    edit(web, policy)
    ended, _ = look(web, run.id)
    assert (ended.state, ended.reason, ended.deleted) == ("refused", "the policy was changed meanwhile", 0)
    assert ended.ended_at == site.now()
    hour(site)
    assert named(shelf, sorted(digests(web))) == ({"young", "fresh"} if policy.enabled else set(shelf))


def test_an_edit_of_something_else_leaves_a_run_waiting(web: Target, shelf: dict[str, Document]) -> None:
    assert shelf
    save(web, STOPPED)
    run, _ = ran(web, "run")
    acts.on(web, editing.image_, acts.PERSON, description="other", policies=Chosen(deletion=STOPPED))
    assert look(web, run.id)[0].state == "waiting"


@pytest.mark.parametrize("policy", [POLICY, DeletionPolicy()])
def test_a_run_that_waits_for_an_outdated_policy_ends_within_the_hour(
    web: Target, shelf: dict[str, Document], site: Site, policy: DeletionPolicy
) -> None:
    save(web, STOPPED)
    run, _ = ran(web, "run")
    save(web, policy)
    hour(site)
    assert look(web, run.id)[0].state == "refused"
    assert named(shelf, sorted(digests(web))) == ({"young", "fresh"} if policy.enabled else set(shelf))


@pytest.mark.parametrize("waits", [False, True])
def test_an_image_whose_policy_cannot_be_read_keeps_no_other_from_being_applied(
    web: Target, shelf: dict[str, Document], site: Site, clock: Clock, *, waits: bool
) -> None:
    if waits:
        save(web, STOPPED)
        assert ran(web, "run")[0].state == "waiting"
    other = make.image(site, "main/apps/another")
    make.manifest(other, b"bare too")
    clock.forward(days=40)
    with site.db.write() as tx:
        tx.execute(update(image).where(image.c.name == "another").values(policy_deletion=POLICY.to_json()))
        broken = {**POLICY.to_json(), "old": {"enabled": True, "days": -1}}
        tx.execute(update(image).where(image.c.name == "web").values(policy_deletion=broken))
    hour(site)
    assert digests(other) == set()
    assert named(shelf, sorted(digests(web))) == set(shelf)


def test_a_large_plan_is_written_in_many_transactions(
    web: Target, shelf: dict[str, Document], site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "AT_ONCE", 2)
    run, items = ran(web, "test")
    assert (run.state, len(items)) == ("done", len(shelf))
    with site.db.read() as tx:
        at = site.now()
        plan = plan_retention(facts.read(tx, images.seen(tx, web.place, web.path), at=at), POLICY, at)
    assert {item.digest: item.reason for item in items} == {each.digest: each.reason.value for each in plan}
