"""Who has a scan: whoever claimed it last, for as long as they renew it."""

import pytest
from sqlalchemy import delete, select

from berth.db.tables import manifest
from berth.scan import keeping, queue
from berth.scan.failed import ScanFailed
from berth.scan.process import Canceled
from berth.scan.queue import Claimed
from tests.scan.queue.queued import Queued
from tests.serving import wait_for

BROKEN = ScanFailed("BAD_ARCHIVE", "it is no archive")
LEASE = queue.LEASE.total_seconds()


def lost_to_another(queued: Queued) -> tuple[Claimed, Claimed]:
    """The claim of a worker that was away for too long, and that of the one that has the scan now."""
    queued.asked()
    lost = queued.claimed()
    queued.clock.forward(seconds=LEASE)
    assert queued.claim() is None
    queued.clock.forward(minutes=1)
    return lost, queued.claimed()


def test_a_claim_is_nobody_elses_while_it_is_renewed(queued: Queued) -> None:
    asked = queued.asked()
    mine = queued.claimed()
    for _ in range(3):
        queued.clock.forward(seconds=LEASE - 1)
        assert queued.renew(mine)
        assert queued.claim() is None
    assert queued.says(asked) == ("running", "")
    queued.end(mine)
    assert queued.says(asked) == ("done", "")


def test_a_scan_whose_worker_went_away_rests_and_is_claimed_again(queued: Queued) -> None:
    asked = queued.asked()
    queued.claim()
    queued.clock.forward(seconds=LEASE - 1)
    assert not queued.ready()
    queued.clock.forward(seconds=1)
    assert queued.ready()
    assert queued.claim() is None
    assert queued.says(asked) == ("queued", "WORKER_LOST")
    queued.clock.forward(minutes=1)
    again = queued.claimed()
    assert (again.manifest_id, again.attempts) == (asked, 2)


def test_a_scan_whose_worker_goes_away_each_time_has_failed(queued: Queued) -> None:
    asked = queued.asked()
    for _ in range(queue.ATTEMPTS):
        queued.claimed()
        queued.clock.forward(seconds=LEASE)
        queued.claim()
        queued.clock.forward(minutes=30)
    assert queued.says(asked) == ("failed", "WORKER_LOST")
    assert queued.claim() is None


def test_who_has_lost_a_scan_can_neither_end_nor_keep_it(queued: Queued) -> None:
    lost, kept = lost_to_another(queued)
    with pytest.raises(Canceled):
        queued.end(lost)
    with pytest.raises(Canceled):
        queued.fail(lost, BROKEN)
    with pytest.raises(Canceled):
        queued.wait(lost)
    assert not queued.renew(lost)
    assert queued.says(kept.manifest_id) == ("running", "")
    assert queued.renew(kept)
    queued.end(kept)
    with pytest.raises(Canceled):
        queued.fail(lost, BROKEN)
    assert queued.says(kept.manifest_id) == ("done", "")


def test_a_claim_is_told_from_a_later_one_that_counts_the_attempts_anew(queued: Queued) -> None:
    lost, waits = lost_to_another(queued)
    queued.wait(waits)
    with queued.site.db.write() as tx:
        queue.wake(tx, at=queued.clock())
    now = queued.claimed()
    assert (now.id, now.attempts) == (lost.id, lost.attempts)
    assert not queued.renew(lost)
    assert queued.renew(now)


def test_the_scan_of_a_digest_that_was_deleted_is_over(queued: Queued) -> None:
    asked = queued.asked()
    mine = queued.claimed()
    queued.delete([asked])
    assert not queued.renew(mine)
    with pytest.raises(Canceled):
        queued.end(mine)
    with pytest.raises(Canceled):
        queued.fail(mine, BROKEN)
    assert queued.rows() == 0


def test_two_who_claim_at_once_have_two_scans_and_neither_waits(on_postgresql: Queued) -> None:
    first, second = on_postgresql.asked("main/one/web"), on_postgresql.asked("main/two/web")
    write, at = on_postgresql.site.db.write, on_postgresql.clock()
    with write() as one, write() as other, write() as late:
        claims = [queue.claim(tx, at=at) for tx in (one, other, late)]
    assert [claim and claim.manifest_id for claim in claims] == [first, second, None]


def test_a_digest_that_is_being_deleted_is_passed_by(on_postgresql: Queued) -> None:
    goes, stays = on_postgresql.asked(), on_postgresql.asked()
    with on_postgresql.site.db.write() as deleting:
        deleting.execute(delete(manifest).where(manifest.c.id == goes))
        assert on_postgresql.claimed().manifest_id == stays
    assert on_postgresql.claim() is None


def test_how_far_a_scan_is_is_told_by_who_has_it_while_it_runs(queued: Queued, monkeypatch: pytest.MonkeyPatch) -> None:
    lost, kept = lost_to_another(queued)
    monkeypatch.setattr(keeping, "BEAT_SECONDS", 0.01)
    with keeping.kept(queued.site, kept) as told:
        told.read(21, 50)
        wait_for(lambda: told_of(queued, kept) == "42")
    tell(queued, lost, 77)
    assert told_of(queued, kept) == "42"
    queued.end(kept)
    tell(queued, kept, 99)
    assert told_of(queued, kept) == ""


def tell(queued: Queued, claimed: Claimed, percent: int) -> None:
    with queued.site.db.write(durable=False) as tx:
        queue.tell(tx, claimed, percent)


def told_of(queued: Queued, claimed: Claimed) -> str:
    with queued.site.db.read() as tx:
        told: str = tx.execute(select(manifest.c.scan_reason).where(manifest.c.id == claimed.manifest_id)).scalar_one()
        return told
