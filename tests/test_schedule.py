import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from berth import schedule
from berth.jobs import leases, listed, run_jobs, run_next
from berth.schedule import Recurring
from berth.site import Site
from tests import sites
from tests.jobs.queue import JOBS, note, put, refuse, waiting
from tests.sites import Clock

HOURLY = (Recurring(note, timedelta(hours=1)),)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(database_url: str, clock: Clock) -> Iterator[Site]:
    with sites.opened(database_url, clock) as opened:
        yield opened


def test_a_new_site_does_at_once_what_recurs(site: Site) -> None:
    schedule.put_due(site, HOURLY)
    assert run_jobs(site, JOBS) == ["test.note"]


def test_a_job_recurs_once_a_period(site: Site, clock: Clock) -> None:
    ran = []
    for _ in range(24 * 6 + 1):
        schedule.put_due(site, HOURLY)
        ran += run_jobs(site, JOBS)
        clock.forward(minutes=10)
    assert len(ran) == 25, "24 full hours begin, and the site began within one"


def test_what_was_missed_is_done_once(site: Site, clock: Clock) -> None:
    schedule.put_due(site, HOURLY)
    run_jobs(site, JOBS)
    clock.forward(days=3)
    schedule.put_due(site, HOURLY)
    schedule.put_due(site, HOURLY)
    assert run_jobs(site, JOBS) == ["test.note"]


def test_any_number_of_workers_put_a_job_once(site: Site) -> None:
    start = threading.Barrier(6)

    def work() -> None:
        start.wait()
        schedule.put_due(site, HOURLY)
        run_next(site, JOBS)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert waiting(site) == []
    schedule.put_due(site, HOURLY)
    assert waiting(site) == []


def test_a_worker_whose_clock_is_behind_puts_nothing(site: Site, clock: Clock) -> None:
    schedule.put_due(site, HOURLY)
    run_jobs(site, JOBS)
    clock.forward(hours=-5)
    schedule.put_due(site, HOURLY)
    assert waiting(site) == []


def test_a_job_that_fails_for_days_does_not_pile_up(site: Site, clock: Clock) -> None:
    for _ in range(12):
        schedule.put_due(site, (Recurring(refuse, timedelta(hours=1)),))
        run_next(site, JOBS)
        clock.forward(hours=1)
    assert len(waiting(site)) == 1


def test_a_job_that_runs_longer_than_its_period_is_followed_by_the_next(site: Site, clock: Clock) -> None:
    schedule.put_due(site, HOURLY)
    assert leases.take(site, JOBS) is not None
    clock.forward(hours=1)
    schedule.put_due(site, HOURLY)
    assert len(waiting(site)) == 2


def test_a_job_put_by_hand_stands_beside_the_recurring_one(site: Site) -> None:
    schedule.put_due(site, HOURLY)
    put(site, note)
    assert run_jobs(site, listed(note)) == ["test.note", "test.note"]
