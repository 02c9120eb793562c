"""Whose turn it is: by hand first, repositories by turns, and whoever asked first of each."""

import sqlite3

from berth.scan import queue
from tests.scan.queue.queued import Queued


def test_repositories_take_turns_however_much_one_of_them_asks_for(queued: Queued) -> None:
    many = [queued.asked("main/many/web") for _ in range(4)]
    few = [queued.asked("main/few/web") for _ in range(2)]
    assert queued.run() == [many[0], few[0], many[1], few[1], many[2], many[3]]
    last = queued.asked("main/many/web")
    fresh = queued.asked("main/fresh/web")
    assert queued.run() == [fresh, last]


def test_by_hand_comes_before_pushes_and_these_before_what_is_done_anew(queued: Queued) -> None:
    anew = queued.asked("main/one/web", priority=queue.ANEW)
    pushed = queued.asked("main/one/web", priority=queue.ON_PUSH)
    by_hand = queued.asked("main/two/web", priority=queue.BY_HAND)
    pushed_too = queued.asked("main/two/web", priority=queue.ON_PUSH)
    assert queued.run() == [by_hand, pushed, pushed_too, anew]


def test_asked_for_again_by_hand_it_comes_first_and_never_later_than_it_would_have(queued: Queued) -> None:
    first, second = (queued.asked(priority=queue.ON_PUSH) for _ in range(2))
    queued.ask(second, priority=queue.BY_HAND)
    queued.ask(first, second, priority=queue.ANEW)
    assert queued.run() == [second, first]


def test_what_waits_for_advisories_keeps_nobody_waiting(queued: Queued) -> None:
    waits = queued.asked("main/one/web")
    queued.wait(queued.claimed())
    assert not queued.ready()
    goes = queued.asked("main/one/web", priority=queue.ANEW)
    assert queued.run() == [goes]
    assert queued.says(waits) == ("queued", "NO_DATABASE")


def test_a_claim_does_no_more_work_when_a_thousand_times_as_much_waits(on_sqlite: Queued) -> None:
    """Counted in steps of SQLite, which do not depend on the machine."""
    one, others = on_sqlite.image("main/one/web"), [on_sqlite.image("main/two/web") for _ in range(2)]
    on_sqlite.ask(one, *others, priority=queue.ANEW)
    steps_of_few = steps_of_claim(on_sqlite)
    on_sqlite.ask(*on_sqlite.copies(one, 2_000), priority=queue.ANEW)
    for _ in range(2):
        on_sqlite.wait(on_sqlite.claimed())
    assert steps_of_claim(on_sqlite) < 2 * steps_of_few


def steps_of_claim(queued: Queued) -> int:
    """Of looking whether there is one, and of claiming it."""
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    with queued.site.db.write() as tx:
        driver = tx.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.set_progress_handler(step, 1)
        assert queue.any_ready(tx, at=queued.clock())
        assert queue.claim(tx, at=queued.clock()) is not None
        driver.set_progress_handler(None, 1)
    return steps
