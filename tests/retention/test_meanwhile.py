"""What happens while a policy is applied: pushed, pulled, signed. Nothing of that goes, and the report says why."""

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import select, update

from berth.db.tables import manifest, retention_push
from berth.jobs import run_jobs
from berth.retention import working
from berth.retention.runs import Item, Run
from berth.words.policies import DeletionPolicy
from berth.worker import JOBS
from tests import documents, make
from tests.documents import Document
from tests.make import Target
from tests.registry import acts
from tests.retention.test_working import (
    POLICY,
    ask,
    changed_while_it_runs,
    digests,
    look,
    named,
    ran,
    save,
    shelf,
)
from tests.sites import Clock

__all__ = ["shelf"]

STOPPED = replace(POLICY, breaker_count=1)


def signed(web: Target, subject: Document, note: str = "new") -> Document:
    signature = documents.artifact(subject, "application/vnd.test.signature", annotations={"note": note})
    make.push(web, signature)
    return signature


def waits(web: Target, policy: DeletionPolicy = STOPPED) -> Run:
    save(web, policy)
    run, _ = ran(web, "run")
    assert run.state == "waiting"
    return run


def approved(web: Target, run: Run) -> tuple[Run, dict[str, Item]]:
    acts.on(web, working.approve, run.id, acts.PERSON)
    run_jobs(web.site, JOBS)
    done, items = look(web, run.id)
    return done, {item.digest: item for item in items}


def test_a_run_bound_to_a_test_spares_what_was_signed_after_it(web: Target, shelf: dict[str, Document]) -> None:
    test, _ = ran(web, "test")
    signature = signed(web, shelf["bare"])
    before = digests(web)
    run, items = ran(web, "run", source=test.id)
    outcomes = {item.digest: item.outcome for item in items}
    assert outcomes[shelf["bare"].digest] == "drifted"
    assert {signature.digest, shelf["bare"].digest} <= digests(web)
    assert before - digests(web) == {digest for digest, outcome in outcomes.items() if outcome == "deleted"}
    assert run.deleted == len(before - digests(web)) == 4


def test_what_is_signed_while_it_is_deleted_stays_with_its_signature(
    web: Target, shelf: dict[str, Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, items = changed_while_it_runs(web, monkeypatch, lambda: signed(web, shelf["index"]))
    assert {"index", "child"} <= named(shelf, sorted(digests(web) & {each.digest for each in shelf.values()}))
    item = items[shelf["index"].digest]
    assert item.outcome == "drifted"
    assert "referrer" in item.because


def test_what_is_signed_before_the_plan_is_made_stays_as_well(web: Target, shelf: dict[str, Document]) -> None:
    """It was pushed while the policy is being applied, though nothing was planned yet."""
    run_id = ask(web, "run")
    signature = signed(web, shelf["bare"])
    run_jobs(web.site, JOBS)
    assert look(web, run_id)[0].deleted == 4
    assert {signature.digest, shelf["bare"].digest} <= digests(web)


@pytest.mark.parametrize("tag", [None, "v1"])
def test_what_is_pushed_again_meanwhile_stays(
    web: Target, shelf: dict[str, Document], monkeypatch: pytest.MonkeyPatch, tag: str | None
) -> None:
    """Also by the tag that it has, which changes nothing of it."""
    which = "bare" if tag is None else "old"
    run, items = changed_while_it_runs(web, monkeypatch, lambda: make.push(web, shelf[which], tag=tag))
    item = items[shelf[which].digest]
    assert (item.outcome, item.because) == ("drifted", "it was pushed meanwhile")
    assert shelf[which].digest in digests(web)
    assert run.state == "done"


def test_what_is_pushed_again_while_a_run_waits_stays(web: Target, shelf: dict[str, Document]) -> None:
    run = waits(web)
    make.push(web, shelf["bare"])
    _, items = approved(web, run)
    assert items[shelf["bare"].digest].outcome == "drifted"
    assert shelf["bare"].digest in digests(web)


def test_what_was_pushed_again_during_the_last_run_goes_in_the_next(web: Target, shelf: dict[str, Document]) -> None:
    run = waits(web)
    make.push(web, shelf["bare"])
    approved(web, run)
    save(web, POLICY)
    ran(web, "run")
    assert named(shelf, sorted(digests(web))) == {"young", "fresh"}


def test_a_signature_of_two_stays_when_one_of_them_does(web: Target, shelf: dict[str, Document], clock: Clock) -> None:
    signature = signed(web, shelf["bare"])
    make.push(web, signature, tag=shelf["old"].digest.replace(":", "-"))
    clock.forward(days=1)
    run = waits(web)
    acts.lock(web, shelf["old"])
    approved(web, run)
    assert {signature.digest, shelf["old"].digest, shelf["bare"].digest} <= digests(web)


def test_what_is_pulled_while_a_run_waits_stays_when_pulls_keep(
    web: Target, shelf: dict[str, Document], clock: Clock
) -> None:
    run = waits(web, replace(STOPPED, keep_pulled_days=7))
    clock.forward(days=20)
    pulled(web, shelf["old"], clock())
    _, items = approved(web, run)
    item = items[shelf["old"].digest]
    assert item.outcome == "drifted"
    assert item.because.startswith("the policy keeps it now: pulled")
    assert {"old", "signature", "young", "fresh"} == named(shelf, sorted(digests(web)))


def pulled(web: Target, document: Document, at: datetime) -> None:
    with web.site.db.write() as tx:
        tx.execute(update(manifest).where(manifest.c.digest == document.digest).values(pulled_at=at))


def test_what_becomes_one_of_the_newest_while_a_run_waits_stays(
    web: Target, shelf: dict[str, Document], clock: Clock
) -> None:
    clock.forward(days=40)
    run = waits(web, replace(STOPPED, keep_newest=1))
    assert shelf["young"].digest not in {item.digest for item in look(web, run.id)[1]}
    acts.delete(web, shelf["young"])
    _, items = approved(web, run)
    assert items[shelf["index"].digest].because == "the policy keeps it now: newest multi"
    assert named(shelf, sorted(digests(web))) == {"index", "child"}


def test_what_is_deleted_by_hand_while_a_run_waits_is_not_counted(web: Target, shelf: dict[str, Document]) -> None:
    run = waits(web)
    acts.delete(web, shelf["bare"])
    done, items = approved(web, run)
    item = items.pop(shelf["bare"].digest)
    assert (item.outcome, item.because) == ("drifted", "it was deleted meanwhile, and not by this run")
    assert {each.outcome for each in items.values()} == {"deleted"}
    assert done.deleted == len(items) == 4


def test_a_push_writes_nothing_more_when_no_run_goes_on(web: Target, shelf: dict[str, Document]) -> None:
    ran(web, "test")
    ran(web, "run")
    make.push(web, shelf["fresh"])
    with web.site.db.read() as tx:
        assert tx.execute(select(retention_push)).all() == []
