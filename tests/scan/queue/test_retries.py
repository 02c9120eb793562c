"""What fails for a passing reason is tried again, later each time."""

from berth.scan.failed import ScanFailed
from tests.scan.queue.queued import Queued

AWAY = ScanFailed("ADAPTER_UNREACHABLE", "nobody answers")
BROKEN = ScanFailed("BAD_ARCHIVE", "it is no archive")


def test_a_passing_trouble_is_tried_after_1_5_and_30_minutes_and_has_then_failed(queued: Queued) -> None:
    asked = queued.asked()
    for attempt, minutes in enumerate((1, 5, 30), start=1):
        claimed = queued.claimed()
        assert claimed.attempts == attempt
        queued.fail(claimed, AWAY)
        assert queued.says(asked) == ("queued", "ADAPTER_UNREACHABLE")
        queued.clock.forward(minutes=minutes, seconds=-1)
        assert not queued.ready()
        assert queued.claim() is None
        queued.clock.forward(seconds=1)
        assert queued.ready()
    queued.fail(queued.claimed(), AWAY)
    assert queued.says(asked) == ("failed", "ADAPTER_UNREACHABLE")
    queued.clock.forward(days=1)
    assert not queued.ready()


def test_a_trouble_that_does_not_pass_is_not_tried_again(queued: Queued) -> None:
    asked = queued.asked()
    queued.fail(queued.claimed(), BROKEN)
    assert queued.says(asked) == ("failed", "BAD_ARCHIVE")
    assert not queued.ready()


def test_who_asks_by_hand_need_not_wait_for_a_rest_to_be_over(queued: Queued) -> None:
    asked = queued.asked()
    queued.fail(queued.claimed(), AWAY)
    assert queued.ask(asked) == set()
    assert queued.claimed().attempts == 2


def test_whatever_rests_comes_back_with_the_priority_it_had(queued: Queued) -> None:
    rests, other = queued.asked("main/apps/web", priority=1), queued.asked("main/apps/web", priority=2)
    queued.fail(queued.claimed(), AWAY)
    queued.clock.forward(minutes=1)
    assert queued.run() == [rests, other]
