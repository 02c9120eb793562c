"""Tests and runs of policies, on both databases, with a clock that only the test moves."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from berth.db.pages import Wanted
from berth.db.tables import image, manifest, metadata, retention_run
from berth.jobs import run_jobs
from berth.registry import sizes, trash
from berth.retention import deleting, facts, runs, working
from berth.retention.plan import plan_retention
from berth.retention.runs import Item, Run
from berth.site import Site
from berth.words.errors import FieldInvalid, RunGoesOn, RunUnknown
from berth.words.policies import DeletionPolicy, DeletionRule
from berth.worker import JOBS
from tests import documents, make
from tests.documents import Document
from tests.make import Target
from tests.registry import acts
from tests.registry.test_rows import counted
from tests.sites import Clock

POLICY = DeletionPolicy(
    enabled=True, untagged=DeletionRule(enabled=True, days=1), old=DeletionRule(enabled=True, days=30)
)
OWN = {"retention_run", "retention_item", "job"}


@pytest.fixture
def shelf(web: Target, clock: Clock) -> dict[str, Document]:
    """What is old, what is young, an index with its child, a signature."""
    made = {
        "bare": make.manifest(web, b"bare"),
        "child": make.manifest(web, b"child"),
        "old": make.manifest(web, b"old", b"shared", tag="v1"),
    }
    made["index"] = make.index(web, [made["child"]], tag="multi")
    made["signature"] = documents.artifact(made["old"], "application/vnd.test.signature")
    clock.forward(days=40)
    make.push(web, made["signature"])
    made["young"] = make.manifest(web, b"young", b"shared", tag="v2")
    made["fresh"] = make.manifest(web, b"fresh")
    save(web, POLICY)
    return made


def save(web: Target, policy: DeletionPolicy) -> None:
    with web.site.db.write() as tx:
        tx.execute(update(image).where(image.c.name == "web").values(policy_deletion=policy.to_json()))


def ask(web: Target, kind: str, **given: Any) -> str:  # Any: fields of `working.ask`
    return acts.on(web, working.ask, kind, acts.PERSON, **given)


def ran(web: Target, kind: str, **given: Any) -> tuple[Run, list[Item]]:  # Any: fields of `working.ask`
    run_id = ask(web, kind, **given)
    run_jobs(web.site, JOBS)
    return look(web, run_id)


def look(web: Target, run_id: str) -> tuple[Run, list[Item]]:
    with web.site.db.read() as tx:
        run = runs.find(tx, acts.look(web), run_id)
        return run, runs.items(tx, run, Wanted("place", 200)).items


def digests(web: Target) -> set[str]:
    return set(acts.states(web))


def named(shelf: dict[str, Document], found: Sequence[str]) -> set[str]:
    by_digest = {document.digest: name for name, document in shelf.items()}
    return {by_digest[digest] for digest in found}


GOING = {"bare", "child", "old", "index", "signature"}


def test_a_test_tells_and_deletes_nothing(web: Target, shelf: dict[str, Document], site: Site) -> None:
    run_id = ask(web, "test")
    before = everything(site)
    run_jobs(site, JOBS)
    assert everything(site) == before
    run, items = look(web, run_id)
    assert (run.state, run.deleted, run.kept) == ("done", 5, 2)
    assert named(shelf, [item.digest for item in items if item.deleted]) == GOING
    reasons = {item.digest: item.reason for item in items}
    assert reasons[shelf["signature"].digest] == "with-subject"
    assert reasons[shelf["fresh"].digest] == "too-young"


def everything(site: Site) -> dict[str, Any]:  # Any: rows of every table
    with site.db.read() as tx:
        tables = [table for table in metadata.sorted_tables if table.name not in OWN]
        return {table.name: sorted(map(str, tx.execute(select(table)).all())) for table in tables}


def test_a_run_deletes_exactly_what_the_test_has_told(web: Target, shelf: dict[str, Document]) -> None:
    told, items = ran(web, "test")
    before = digests(web)
    run, done = ran(web, "run")
    gone = before - digests(web)
    assert gone == {item.digest for item in items if item.deleted}
    assert named(shelf, sorted(gone)) == GOING
    assert (run.state, run.deleted, run.freed) == ("done", 5, told.freed)
    assert {item.outcome for item in done} == {"deleted"}
    assert {item.why for item in acts.in_trash(web)} == {"policy"}


def test_the_bytes_told_are_those_that_become_free(web: Target, shelf: dict[str, Document], site: Site) -> None:
    told, _ = ran(web, "test")
    with site.db.read() as tx:
        before = sizes.of_image(tx, acts.look(web).id)
    ran(web, "run")
    with site.db.write() as tx:
        trash.take_out(tx, [item.id for item in acts.in_trash(web)])
    with site.db.read() as tx:
        after = sizes.of_image(tx, acts.look(web).id)
    assert told.freed == before.total - after.total > 0
    assert shelf["young"].digest in digests(web)


def test_each_digest_is_told_with_its_size_and_what_it_frees(
    web: Target, shelf: dict[str, Document], site: Site
) -> None:
    """They share their configuration."""
    run, items = ran(web, "test")
    by_digest = {item.digest: item for item in items}
    with site.db.read() as tx:
        stored = {row.digest: row for row in tx.execute(select(manifest))}
    for digest, item in by_digest.items():
        assert (item.size, item.pushed_at) == (stored[digest].total_size, stored[digest].created_at)
    bare, old, young = (by_digest[shelf[name].digest] for name in ("bare", "old", "young"))
    assert young.freed is None
    assert bare.size is not None
    assert old.size is not None
    assert bare.freed == bare.size - len(b"{}")
    assert old.freed == old.size - len(b"{}") - len(b"shared")
    assert run.freed == sum(item.freed or 0 for item in items)


def test_bytes_that_only_the_trash_holds_besides_are_told(
    web: Target, shelf: dict[str, Document], clock: Clock, site: Site
) -> None:
    """After earlier runs much of what the next one takes is shared with what they took."""
    ran(web, "run")
    clock.forward(days=40)
    told, _ = ran(web, "test")
    with site.db.read() as tx:
        before = sizes.of_image(tx, acts.look(web).id)
    ran(web, "run")
    assert told.freed == before.total > len(shelf["young"].body) + len(b"shared")
    with site.db.write() as tx:
        trash.take_out(tx, [item.id for item in acts.in_trash(web)])
    with site.db.read() as tx:
        assert sizes.of_image(tx, acts.look(web).id).total == 0


def test_what_a_run_deleted_can_be_restored_and_stays_for_a_period(
    web: Target, shelf: dict[str, Document], clock: Clock
) -> None:
    ran(web, "run")
    acts.restore(web, *acts.in_trash(web))
    assert acts.tagged(web, "v1") == shelf["old"].digest
    _, items = ran(web, "test")
    assert not any(item.deleted for item in items)
    clock.forward(days=29)
    _, items = ran(web, "test")
    assert acts.tagged(web, "v1") in {item.digest for item in items if not item.deleted}


def test_every_hour_what_is_due_goes_by_itself(web: Target, shelf: dict[str, Document], site: Site) -> None:
    for _ in range(2):
        with site.db.write() as tx:
            working.apply_due.put(tx, at=site.now())
        run_jobs(site, JOBS)
    assert named(shelf, sorted(digests(web))) == {"young", "fresh"}
    with site.db.read() as tx:
        [run] = runs.page(tx, acts.look(web), Wanted("asked_at")).items
    assert (run.asked_by, run.deleted) == ("policy", 5)


def test_a_policy_that_is_off_is_not_applied(web: Target, shelf: dict[str, Document], site: Site) -> None:
    save(web, DeletionPolicy(untagged=POLICY.untagged, old=POLICY.old))
    with site.db.write() as tx:
        working.apply_due.put(tx, at=site.now())
    run_jobs(site, JOBS)
    assert named(shelf, sorted(digests(web))) == set(shelf)


def test_a_policy_that_is_not_saved_can_be_tried(web: Target, shelf: dict[str, Document]) -> None:
    tried = DeletionPolicy(enabled=True, old=DeletionRule(enabled=True, days=1), expression="v1")
    run, items = ran(web, "test", policy=tried)
    assert named(shelf, [item.digest for item in items if item.deleted]) == {"old", "signature"}
    assert run.policy == tried
    with pytest.raises(FieldInvalid, match="policy"):
        ask(web, "run", policy=tried)


def test_a_run_bound_to_a_test_deletes_nothing_beyond_it(web: Target, shelf: dict[str, Document], clock: Clock) -> None:
    test, _ = ran(web, "test")
    clock.forward(days=40)
    run, _ = ran(web, "run", source=test.id)
    assert run.source == test.id
    assert named(shelf, sorted(digests(web))) == {"young", "fresh"}
    with pytest.raises(FieldInvalid, match="source"):
        ask(web, "run", source=run.id)
    with pytest.raises(RunUnknown):
        ask(web, "run", source="nothing")


def changed_while_it_runs(web: Target, monkeypatch: pytest.MonkeyPatch, change: Any) -> tuple[Run, dict[str, Item]]:
    """The run is planned; something changes; then it deletes. Any: a function without arguments."""
    prepare = working.prepare

    def meanwhile(site: Site, begun: Run) -> str:
        reason = prepare(site, begun)
        change()
        return reason

    monkeypatch.setattr(working, "prepare", meanwhile)
    run, items = ran(web, "run")
    return run, {item.digest: item for item in items}


def test_what_gets_a_name_meanwhile_stays(
    web: Target, shelf: dict[str, Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, items = changed_while_it_runs(web, monkeypatch, lambda: make.push(web, shelf["bare"], tag="rescued"))
    assert acts.tagged(web, "rescued") == shelf["bare"].digest
    assert items[shelf["bare"].digest].outcome == "drifted"
    assert run.deleted == 4


def test_what_is_locked_meanwhile_stays_with_all_that_hangs_on_it(
    web: Target, shelf: dict[str, Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lock() -> None:
        acts.lock(web, shelf["signature"], shelf["index"])

    _, items = changed_while_it_runs(web, monkeypatch, lock)
    stay = {"signature", "old", "index", "child"}
    assert named(shelf, sorted(digests(web))) == {"young", "fresh", *stay}
    assert {items[shelf[name].digest].outcome for name in stay} == {"drifted"}


def test_a_referrer_with_a_name_of_its_own_stays_with_its_subject(
    web: Target, shelf: dict[str, Document], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.push(web, shelf["signature"], tag="signed")
    clock.forward(days=40)
    run, _ = ran(web, "test")
    assert run.deleted == 7
    _, items = changed_while_it_runs(web, monkeypatch, lambda: make.push(web, shelf["old"], tag="rescued"))
    assert {"old", "signature"} <= named(shelf, sorted(digests(web)))
    assert items[shelf["signature"].digest].outcome == "drifted"


def test_a_policy_that_is_changed_meanwhile_ends_the_run(
    web: Target, shelf: dict[str, Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, _ = changed_while_it_runs(web, monkeypatch, lambda: save(web, DeletionPolicy()))
    assert (run.state, run.reason, run.deleted) == ("failed", "the policy was changed meanwhile", 0)
    assert named(shelf, sorted(digests(web))) == set(shelf)


def test_a_run_that_was_killed_goes_on_where_it_was(
    web: Target, shelf: dict[str, Document], site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "BATCH", 1)
    run_id = ask(web, "run")
    left = iter(range(2))

    class Killed(BaseException):
        pass

    delete = deleting.delete

    def two(*given: Any) -> str:  # Any: as it is called
        if next(left, None) is None:
            raise Killed
        return delete(*given)

    monkeypatch.setattr(deleting, "delete", two)
    with pytest.raises(Killed):
        working.run.run(site, run_id=run_id)
    monkeypatch.setattr(deleting, "delete", delete)
    assert look(web, run_id)[0].state == "running"
    working.run.run(site, run_id=run_id)
    run, _ = look(web, run_id)
    assert (run.state, run.deleted) == ("done", 5)
    assert named(shelf, sorted(digests(web))) == {"young", "fresh"}
    run_jobs(site, JOBS)


def test_between_its_batches_a_run_lets_others_write(
    web: Target, shelf: dict[str, Document], site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "BATCH", 1)
    run_id = ask(web, "run")
    begun, _ = look(web, run_id)
    assert working.prepare(site, begun) == ""
    pauses: list[float] = []
    assert working.delete_all(site, begun, pauses.append) == ""
    assert named(shelf, sorted(digests(web))) == {"young", "fresh"}
    assert bool(pauses) == site.db.is_embedded
    assert all(pause >= working.LEAST_PAUSE for pause in pauses)
    run_jobs(site, JOBS)


def test_a_digest_that_cannot_be_deleted_is_told_of_and_the_others_go(
    web: Target, shelf: dict[str, Document], site: Site
) -> None:
    forbid = {
        "sqlite": "CREATE TRIGGER stuck BEFORE DELETE ON manifest WHEN old.digest = '{0}'"
        " BEGIN SELECT RAISE(ABORT, 'stuck'); END",
        "postgresql": "CREATE FUNCTION stuck() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF old.digest = '{0}'"
        " THEN RAISE 'stuck'; END IF; RETURN old; END $$;"
        "CREATE TRIGGER stuck BEFORE DELETE ON manifest FOR EACH ROW EXECUTE FUNCTION stuck()",
    }
    with site.db.write() as tx:
        tx.execute(text(forbid[tx.dialect.name].format(shelf["bare"].digest)))
    run, items = ran(web, "run")
    outcomes = {item.digest: item.outcome for item in items}
    assert outcomes.pop(shelf["bare"].digest) == "failed"
    assert set(outcomes.values()) == {"deleted"}
    assert run.deleted == 4


def test_one_run_at_a_time(web: Target, shelf: dict[str, Document]) -> None:
    assert shelf
    first = ask(web, "run")
    with pytest.raises(RunGoesOn, match=first):
        ask(web, "run")
    run_jobs(web.site, JOBS)
    ask(web, "run")
    run_jobs(web.site, JOBS)


def test_only_the_last_tests_are_kept(
    web: Target, shelf: dict[str, Document], site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shelf
    monkeypatch.setattr(runs, "KEPT", 3)
    for _ in range(5):
        clock.forward(minutes=1)
        last, _ = ran(web, "test")
    with site.db.read() as tx:
        kept = runs.page(tx, acts.look(web), Wanted("-asked_at"), kind="test").items
        assert tx.scalar(select(func.count()).select_from(retention_run)) == 3
    assert kept[0].id == last.id


def test_a_digest_remembers_when_it_lost_its_last_name(web: Target, site: Site, clock: Clock) -> None:
    document = make.manifest(web, b"a", tag="v1")
    acts.edit_tags(web, document, add=["v2"])
    acts.untag(web, "v1")
    assert untagged_at(site) is None
    clock.forward(days=1)
    acts.untag(web, "v2")
    assert untagged_at(site) == clock()
    make.push(web, document, tag="v3")
    assert untagged_at(site) is None


def untagged_at(site: Site) -> Any:  # Any: a time or None
    with site.db.read() as tx:
        return tx.scalar(select(manifest.c.untagged_at))


def test_the_plan_of_an_image_takes_three_reads(web: Target, shelf: dict[str, Document], site: Site) -> None:
    found = acts.look(web)
    with site.db.read() as tx, counted(site) as said:
        contents = facts.read(tx, found, at=site.now())
    assert len(said) == 3, said
    assert {each.digest for each in contents} == {document.digest for document in shelf.values()}
    verdicts = plan_retention(contents, POLICY, site.now())
    assert named(shelf, [verdict.digest for verdict in verdicts if verdict.deleted]) == GOING
