"""Asking for scans: once for each digest, a whole repository at once, and what is remembered of those that ended."""

from sqlalchemy import Connection, event, select

from berth.db.pages import Wanted
from berth.db.tables import manifest
from berth.registry import restoring
from berth.scan import asking, queue, waking
from tests import make
from tests.registry import acts
from tests.scan.queue.queued import ACTOR, Queued


def test_a_digest_waits_once_however_often_it_is_asked_for(queued: Queued) -> None:
    first, second = queued.image(), queued.image()
    assert queued.ask(first) == {first}
    assert queued.ask(first, second) == {second}
    claimed = queued.claimed()
    assert queued.ask(first, second) == set()
    queued.end(claimed)
    assert queued.ask(first, second) == {first}
    assert queued.run() == [second, first]


def test_of_each_digest_the_last_twenty_scans_are_remembered(queued: Queued) -> None:
    asked, other = queued.asked(), queued.asked("main/apps/other")
    assert len(queued.run()) == 2
    for _ in range(queue.KEPT):
        queued.ask(asked)
        queued.end(queued.claimed())
    queued.ask(asked)
    with queued.site.db.read() as tx:
        found = queue.page(tx, asked, Wanted("-asked_at")).items
        assert len(queue.page(tx, other, Wanted("-asked_at")).items) == 1
    assert [each.state for each in found] == ["queued", *["done"] * queue.KEPT]


def test_a_whole_repository_is_asked_for_in_parts_between_which_others_write(queued: Queued) -> None:
    first = queued.asked(priority=queue.BY_HAND)
    queued.copies(first, asking.AT_ONCE + 1)
    place, commits = make.repository(queued.site, "main/apps"), 0

    def count(_connection: Connection) -> None:
        nonlocal commits
        commits += 1

    event.listen(queued.site.db.engine, "commit", count)
    try:
        assert asking.whole(queued.site, place, ACTOR) == asking.AT_ONCE + 1
        assert commits >= 3
        assert asking.whole(queued.site, place, ACTOR) == 0
    finally:
        event.remove(queued.site.db.engine, "commit", count)
    assert queued.claimed().manifest_id == first


def test_all_that_wait_for_advisories_go_on_once_there_are_some(queued: Queued) -> None:
    waits = [queued.asked(priority=priority) for priority in (queue.ANEW, queue.BY_HAND)]
    for _ in waits:
        queued.wait(queued.claimed())
    assert waking.wake(queued.site) == 0
    queued.ask(waits[0])
    assert not queued.ready()
    queued.advise()
    assert queued.ready()
    assert waking.wake(queued.site) == 2
    assert {queued.says(each) for each in waits} == {("queued", "")}
    assert queued.run() == waits


def test_a_digest_that_is_restored_waits_again_for_the_scan_that_went_with_it(queued: Queued) -> None:
    target = make.image(queued.site, "main/apps/web")
    running, waiting, idle = (make.manifest(target, layer) for layer in (b"one", b"two", b"three"))
    with queued.site.db.read() as tx:
        ids = {row.digest: row.id for row in tx.execute(select(manifest.c.digest, manifest.c.id))}
    queued.ask(ids[running.digest], ids[waiting.digest])
    queued.claimed()
    for each in (running, waiting, idle):
        acts.delete(target, each)
    assert (queued.rows(), queued.ready()) == (0, False)
    acts.restore(target, *acts.in_trash(target))
    with queued.site.db.read() as tx:
        said = {row.digest: row.scan_state for row in tx.execute(select(manifest.c.digest, manifest.c.scan_state))}
    assert said == {running.digest: "queued", waiting.digest: "queued", idle.digest: ""}
    assert len(queued.run()) == 2
    assert restoring.LAST == queue.ANEW
