import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from berth.jobs import job, leases, listed, run_jobs, run_next
from berth.site import Site
from tests.jobs import queue
from tests.jobs.queue import JOBS, note, put, refuse, waiting
from tests.sites import Clock


@pytest.fixture(autouse=True)
def ran() -> Iterator[list[str]]:
    queue.RAN.clear()
    yield queue.RAN
    queue.RAN.clear()


def test_a_job_runs_once_with_its_arguments_and_is_gone(site: Site, ran: list[str]) -> None:
    put(site, note, text="hello")
    assert run_jobs(site, JOBS) == ["test.note"]
    assert (ran, waiting(site)) == (["hello"], [])


def test_a_job_belongs_to_the_transaction_that_put_it(site: Site) -> None:
    with contextlib.suppress(KeyError), site.db.write() as tx:
        note.put(tx, at=site.now())
        raise KeyError
    assert waiting(site) == []


def test_an_argument_that_the_job_does_not_take_is_refused_where_it_is_put(site: Site) -> None:
    with pytest.raises(TypeError, match="colour"):
        put(site, note, colour="red")


def test_jobs_run_in_the_order_in_which_they_are_due(site: Site, clock: Clock, ran: list[str]) -> None:
    put(site, note, text="later", due_at=clock() + timedelta(minutes=2))
    put(site, note, text="sooner", due_at=clock() + timedelta(minutes=1))
    assert run_jobs(site, JOBS) == []
    clock.forward(minutes=3)
    run_jobs(site, JOBS)
    assert ran == ["sooner", "later"]


def test_one_job_with_a_key_waits_whatever_is_put(site: Site, ran: list[str]) -> None:
    assert put(site, note, text="first", unique_key="image 1")
    assert not put(site, note, text="second", unique_key="image 1")
    assert put(site, note, text="other", unique_key="image 2")
    run_jobs(site, JOBS)
    assert ran == ["first", "other"]


def test_a_key_belongs_to_the_name_of_its_job(site: Site) -> None:
    assert put(site, note, unique_key="image 1")
    assert put(site, refuse, unique_key="image 1")


def test_a_job_that_runs_does_not_keep_another_with_its_key_from_waiting(site: Site, ran: list[str]) -> None:
    put(site, note, text="first", unique_key="image 1")
    lease = leases.take(site, JOBS)
    assert lease is not None
    assert put(site, note, text="second", unique_key="image 1")
    leases.done(site, lease)
    run_jobs(site, JOBS)
    assert ran == ["second"]


def test_a_job_of_another_release_is_left_alone(site: Site) -> None:
    put(site, note)
    assert run_next(site, listed(refuse)) is None
    assert len(waiting(site)) == 1


def test_a_failed_job_waits_longer_each_time_up_to_an_hour(site: Site, clock: Clock) -> None:
    put(site, refuse)
    pauses = []
    for _ in range(12):
        ran = run_next(site, JOBS)
        assert ran is not None
        pauses.append((waiting(site)[0]["due_at"] - clock()).total_seconds())
        assert run_next(site, JOBS) is None
        clock.forward(seconds=pauses[-1])
    assert pauses == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]
    assert waiting(site)[0]["attempts"] == 12


def test_the_reason_of_a_failure_is_kept(site: Site) -> None:
    put(site, refuse)
    with pytest.raises(ValueError, match="no such thing"):
        run_jobs(site, JOBS)
    assert waiting(site)[0]["reason"] == "ValueError: no such thing"


def test_a_failed_job_gives_way_to_one_with_its_key_that_came_meanwhile(site: Site) -> None:
    put(site, refuse, unique_key="image 1")
    lease = leases.take(site, JOBS)
    assert lease is not None
    put(site, refuse, unique_key="image 1")
    leases.rest(site, lease, "failed")
    assert [(row["attempts"], row["leased_until"]) for row in waiting(site)] == [(0, None)]


def test_a_job_that_is_being_run_is_nobody_elses(site: Site) -> None:
    put(site, note)
    assert leases.take(site, JOBS) is not None
    assert leases.take(site, JOBS) is None


def test_a_job_whose_worker_died_is_taken_over(site: Site, clock: Clock) -> None:
    put(site, note)
    dead = leases.take(site, JOBS)
    assert dead is not None
    clock.forward(seconds=59)
    assert run_jobs(site, JOBS) == []
    clock.forward(seconds=1)
    taken = leases.take(site, JOBS)
    assert taken is not None
    assert (taken.id, taken.attempts) == (dead.id, 2)
    assert waiting(site)[0]["reason"] == leases.DIED
    leases.done(site, dead)
    leases.rest(site, dead, "late")
    assert waiting(site)[0]["leased_until"] == taken.until, "who lost a job cannot end it"
    leases.done(site, taken)
    assert waiting(site) == []


def test_a_lease_is_renewed_as_long_as_its_job_runs(site: Site, clock: Clock) -> None:
    put(site, note)
    lease = leases.take(site, JOBS)
    assert lease is not None
    first = lease.until
    with leases.kept(site, lease, every=0.01):
        clock.forward(seconds=50)
        _wait_until(lambda: lease.until > first)
        clock.forward(seconds=50)
        assert leases.take(site, JOBS) is None
    leases.done(site, lease)
    assert waiting(site) == []


def test_a_lease_that_was_lost_is_not_renewed(site: Site, clock: Clock) -> None:
    put(site, note)
    lease = leases.take(site, JOBS)
    assert lease is not None
    clock.forward(seconds=61)
    assert leases.take(site, JOBS) is not None
    assert not leases.renew(site, lease)


def test_many_workers_run_each_job_once(site: Site, ran: list[str]) -> None:
    for number in range(40):
        put(site, note, text=str(number))
    threads = [threading.Thread(target=run_jobs, args=(site, JOBS)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ran, key=int) == [str(number) for number in range(40)]
    assert waiting(site) == []


def test_a_job_may_put_the_next(site: Site, ran: list[str]) -> None:
    @job("test.first")
    def first(site: Site) -> None:
        put(site, note, text="second")

    put(site, first)
    assert run_jobs(site, listed(first, note)) == ["test.first", "test.note"]
    assert ran == ["second"]


def test_two_jobs_of_one_name_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="same name"):
        listed(note, note)


def _wait_until(true: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(500):
        if true():
            return
        pause.wait(0.01)
    raise AssertionError("it never came true")
