import asyncio
import gc
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import suppress

import pytest

from berth.doors.threads import Threads

MOST = 3
ENDS = """
import asyncio, threading, time
from berth.doors.threads import Threads

def act():
    begun.set()
    over.wait()
    time.sleep(0.1)  # the process is ending
    print("done", flush=True)

async def begin():
    asyncio.ensure_future(Threads(1, "acts").run(act))
    while not begun.is_set():
        await asyncio.sleep(0)

begun, over = threading.Event(), threading.Event()
asyncio.run(begin())
over.set()
"""


@pytest.fixture
def threads() -> Iterator[Threads]:
    made = Threads(MOST, "tested")
    yield made
    made.close()


def fail() -> None:
    raise KeyError("why")


def test_an_act_gives_what_it_returns_or_raises(threads: Threads) -> None:
    async def both() -> None:
        assert await threads.run(lambda: 7) == 7
        with pytest.raises(KeyError, match="why"):
            await threads.run(fail)
        assert await threads.run(threading.get_ident) != threading.get_ident()

    asyncio.run(both())


def test_what_has_run_out_is_an_error_and_no_endless_wait(threads: Threads) -> None:
    async def ask() -> None:
        with pytest.raises(RuntimeError):
            await threads.run(lambda: next(iter(())))

    asyncio.run(ask())


def test_there_are_never_more_than_so_many_and_all_acts_have_their_turn(threads: Threads) -> None:
    lock, running, most = threading.Lock(), 0, 0
    full = threading.Barrier(MOST)

    def act(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        if number < MOST:
            full.wait(30)
        with lock:
            running -= 1
        return number

    async def many() -> list[int]:
        return await asyncio.gather(*(threads.run(lambda n=n: act(n)) for n in range(50)))  # type: ignore[misc]

    assert asyncio.run(many()) == list(range(50))
    assert most == MOST


def test_an_act_whose_caller_has_gone_before_its_turn_is_not_begun(threads: Threads) -> None:
    begun: list[int] = []
    go = threading.Event()

    async def leave() -> None:
        holding = [asyncio.ensure_future(threads.run(lambda: go.wait(30))) for _ in range(MOST)]
        waiting = asyncio.ensure_future(threads.run(lambda: begun.append(1)))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.sleep(0)
        go.set()
        await asyncio.gather(*holding)
        await threads.run(lambda: begun.append(2))

    asyncio.run(leave())
    assert begun == [2]


def test_an_act_whose_loop_is_closed_keeps_nobody_from_theirs(threads: Threads) -> None:
    begun, go, over = threading.Event(), threading.Event(), threading.Event()

    def act() -> None:
        begun.set()
        go.wait(30)
        over.set()

    async def leave() -> None:
        asyncio.ensure_future(threads.run(act))  # noqa: RUF006  nobody waits for it
        while not begun.is_set():  # noqa: ASYNC110  a thread sets it
            await asyncio.sleep(0)

    async def ask() -> int:
        return await threads.run(lambda: 1)

    asyncio.run(leave())
    go.set()
    assert over.wait(30)
    assert [asyncio.run(ask()) for _ in range(MOST)] == [1] * MOST


@pytest.mark.parametrize("fails", [False, True], ids=["returns", "raises"])
def test_what_an_act_was_given_goes_when_it_is_over(threads: Threads, *, fails: bool) -> None:
    class Given:
        def use(self) -> None:
            if fails:
                raise KeyError("why")

    async def once() -> weakref.ref[Given]:
        given = Given()
        with suppress(KeyError):
            await threads.run(given.use)
        return weakref.ref(given)

    async def ask() -> list[Given | None]:
        left = [await once() for _ in range(5)]
        await threads.run(lambda: None)  # the last one may still be in a thread's hand
        return [each() for each in left[:-1]]

    gc.disable()
    try:
        assert asyncio.run(ask()) == [None] * 4
    finally:
        gc.enable()


def test_loops_of_several_threads_share_them(threads: Threads) -> None:
    async def many() -> int:
        return sum(await asyncio.gather(*(threads.run(lambda: 1) for _ in range(200))))

    sums: list[int] = []
    loops = [threading.Thread(target=lambda: sums.append(asyncio.run(many()))) for _ in range(4)]
    for each in loops:
        each.start()
    for each in loops:
        each.join(60)
    assert sums == [200] * 4


def test_what_has_begun_is_ended_before_the_process_is() -> None:
    ended = subprocess.run([sys.executable, "-c", ENDS], capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout == "done\n"
