import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from berth import schedule
from berth.db.tables import job as rows
from berth.db.tables import schedule as periods
from berth.jobs import job, listed
from berth.site import Site
from berth.worker import Worker
from tests import sites
from tests.jobs.queue import put, waiting
from tests.sites import Clock


@pytest.fixture
def site(database_url: str) -> Iterator[Site]:
    with sites.opened(database_url, Clock()) as opened:
        yield opened


def test_a_worker_does_what_is_put_and_goes_on_after_a_failure(site: Site) -> None:
    done = threading.Event()

    @job("test.good")
    def good(site: Site) -> None:
        del site
        done.set()

    @job("test.bad")
    def bad(site: Site) -> None:
        del site
        raise RuntimeError("it cannot be")

    put(site, bad)
    put(site, good)
    worker = Worker(site, listed(good, bad), ())
    worker.start()
    assert done.wait(10)
    _wait_until(lambda: [row["reason"] for row in waiting(site)] == ["RuntimeError: it cannot be"])
    assert worker.stop(10)


def test_stopping_waits_for_the_job_that_runs_and_takes_no_more(site: Site) -> None:
    began, go_on = threading.Event(), threading.Event()

    @job("test.long")
    def long(site: Site) -> None:
        del site
        began.set()
        go_on.wait(10)

    put(site, long)
    put(site, long)
    worker = Worker(site, listed(long), (), threads=1)
    worker.start()
    assert began.wait(10)
    assert not worker.stop(0.05)
    go_on.set()
    assert worker.stop(10)
    assert [row["attempts"] for row in waiting(site)] == [0], "one is done, the other was never begun"


def test_two_jobs_run_side_by_side(site: Site) -> None:
    meeting = threading.Barrier(2)

    @job("test.meet")
    def meet(site: Site) -> None:
        del site
        meeting.wait(10)

    put(site, meet)
    put(site, meet)
    worker = Worker(site, listed(meet), ())
    worker.start()
    _wait_until(lambda: waiting(site) == [])
    assert worker.stop(10)


def test_a_worker_does_what_recurs(site: Site) -> None:
    worker = Worker(site)
    worker.start()
    _wait_until(lambda: _periods(site) == {each.job.name for each in schedule.RECURRING} and waiting(site) == [])
    assert worker.stop(10)


def test_a_worker_outlives_a_database_that_is_away(tmp_path: Path) -> None:
    with sites.opened(f"sqlite:///{tmp_path / 'not migrated.sqlite'}", Clock()) as site:
        worker = Worker(site)
        worker.start()
        time.sleep(0.5)
        assert worker.stop(10)


def _periods(site: Site) -> set[str]:
    with site.db.read() as tx:
        assert tx.execute(select(rows.c.reason).where(rows.c.reason != "")).first() is None
        return set(tx.scalars(select(periods.c.name)))


def _wait_until(true: Callable[[], bool]) -> None:
    for _ in range(1000):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("it never came true")
